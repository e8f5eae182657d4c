import { figure, signed } from '../report/figure.js';
import { table } from './output.js';

/** Explanation of a row of a data set. */
export interface ExplainedRow {
  /** Position in the file. */
  readonly place: string;
  readonly values: readonly number[];
  /** Sum before any feature has an effect, by output. */
  readonly base: readonly number[];
  /** Effects by feature, then by output. */
  readonly effects: readonly (readonly number[])[];
}

/** Explanations of the rows of a data set. */
export interface Explanations {
  readonly method: string;
  readonly link: string;
  readonly features: readonly string[];
  readonly outputs: readonly string[];
  readonly rows: readonly ExplainedRow[];
}

/** Maximum numbers of rows and of outputs that are printed. JSON has all. */
const PRINTED_ROWS = 10;
const PRINTED_OUTPUTS = 5;

const LINKS: Readonly<Record<string, string>> = {
  identity: 'the prediction',
  logit: 'the logarithm of the odds',
  log: 'the logarithm of the prediction',
  softmax: 'sums whose softmax is the probabilities',
};

/** Returns the mean size of the effects of each feature, by output. */
export function meanEffects({ features, outputs, rows }: Explanations): number[][] {
  return features.map((_, feature) =>
    outputs.map(
      (_, output) => rows.reduce((sum, { effects }) => sum + Math.abs(effects[feature]![output]!), 0) / rows.length,
    ),
  );
}

/** Describes explanations for people: the features with the largest effects of each row, and of all rows by their `means`. */
export function explanationLines(
  explanations: Explanations,
  means: readonly (readonly number[])[],
  top: number,
): string[] {
  const { method, link, features, outputs, rows } = explanations;
  const names = outputs.slice(0, PRINTED_OUTPUTS);
  const lines = [`Effects on ${LINKS[link] ?? link}, method ${method}`];
  for (const { place, values, base, effects } of rows.slice(0, PRINTED_ROWS)) {
    const sums = base.map((start, output) => effects.reduce((sum, each) => sum + each[output]!, start));
    const cells = (numbers: readonly number[], shown: (value: number) => string) =>
      numbers.slice(0, PRINTED_OUTPUTS).map(shown);
    lines.push(
      '',
      place,
      ...table([
        ['  feature', 'value', ...names],
        ['  base', '', ...cells(base, figure)],
        ...largest(effects, top).map((feature) => [
          `  ${features[feature]}`,
          figure(values[feature]!),
          ...cells(effects[feature]!, signed),
        ]),
        ['  all features', '', ...cells(sums, figure)],
      ]),
    );
  }
  if (rows.length > PRINTED_ROWS) lines.push('', `and ${rows.length - PRINTED_ROWS} more rows, which --json prints`);
  return [
    ...lines,
    '',
    `Mean size of the effects in ${rows.length} rows`,
    ...table([
      ['  feature', ...names],
      ...largest(means, top).map((feature) => [
        `  ${features[feature]}`,
        ...means[feature]!.slice(0, PRINTED_OUTPUTS).map(figure),
      ]),
    ]),
  ];
}

/** Returns the indices of the features with the largest effects. */
function largest(effects: readonly (readonly number[])[], count: number): number[] {
  const sizes = effects.map((each) => Math.max(...each.map(Math.abs)));
  return sizes
    .map((_, feature) => feature)
    .sort((left, right) => sizes[right]! - sizes[left]!)
    .slice(0, count);
}
