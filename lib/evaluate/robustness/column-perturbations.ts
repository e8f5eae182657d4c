import type { Tensor } from '@modelship/runtime';
import { type ColumnRange, isFloating, isNumeric, numbersOf, withNumbers } from '../numeric-columns.js';
import type { Perturbation, PerturbationContext } from './perturbation.js';

/** Shares of the values that are changed. */
const SHARES = [0.05, 0.1, 0.2, 0.4];

const NOISE: Perturbation = {
  name: 'noise',
  unit: 'standard deviations of each column',
  levels: [0.05, 0.1, 0.25, 0.5],
  appliesTo: isNumeric,
  apply: (tensor, { level, random, ...context }) =>
    changed(tensor, context, (value, { deviation }) => value + level * deviation * normal(random)),
};

const MISSING: Perturbation = {
  name: 'missing values',
  unit: 'share of the values',
  levels: SHARES,
  // Types of whole numbers have no missing ones.
  appliesTo: isFloating,
  apply: (tensor, { level, random, ...context }) =>
    changed(tensor, context, (value) => (random() < level ? Number.NaN : value)),
};

const OUT_OF_RANGE: Perturbation = {
  name: 'out of range',
  unit: 'share of the values',
  note: 'beyond the column by its whole range',
  levels: SHARES,
  appliesTo: isNumeric,
  apply: (tensor, { level, random, ...context }) =>
    changed(tensor, context, (value, { low, high }) => {
      if (random() >= level) return value;
      return random() < 0.5 ? low - (high - low) : high + (high - low);
    }),
};

/** Changes of columns with numbers. */
export const COLUMN_PERTURBATIONS: readonly Perturbation[] = [NOISE, MISSING, OUT_OF_RANGE];

function changed(
  tensor: Tensor,
  { rows, ranges }: Pick<PerturbationContext, 'rows' | 'ranges'>,
  change: (value: number, range: ColumnRange) => number,
): Tensor {
  const numbers = numbersOf(tensor);
  const width = numbers.length / rows;
  return withNumbers(
    tensor,
    numbers.map((value, index) => change(value, ranges[index % width]!)),
  );
}

/** Returns a number of the standard normal distribution, by the method of Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
