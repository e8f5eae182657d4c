import type { Tensor } from '@modelship/runtime';
import { type ColumnRanges, isFloating, numbersOf, withNumbers } from '../numeric-columns.js';
import type { RowEvaluation } from '../row-evaluation.js';
import type { Predict, SampledBatch } from '../row-sample.js';

/** Predictions for each row and level, with the one that the metric is computed from. */
export const ADVERSARIAL_QUERIES = 100;

/** Largest changes, in standard deviations of each column. */
export const EPSILONS: readonly number[] = [0.05, 0.1, 0.25];

/** Options of an adversarial search. */
export interface AdversarialSearch {
  readonly predict: Predict;
  /** Creates an empty evaluation of the model. */
  readonly evaluation: () => RowEvaluation;
  readonly ranges: ColumnRanges;
  readonly random: () => number;
  /** Largest change of a value, in standard deviations of its column. */
  readonly epsilon: number;
  /** Signal after which no further prediction is asked for. */
  readonly signal?: AbortSignal;
}

/** Whether the search can change the inputs, and knows how wrong a prediction is. */
export function canSearch({ inputs }: SampledBatch, evaluation: RowEvaluation): boolean {
  return inputs.some(isFloating) && evaluation.wrongness !== undefined;
}

/**
 * Looks for the inputs within the epsilon whose predictions are the most wrong, by random search without gradients. Each
 * change moves some columns of a row to an end of their allowed interval, and is kept if the prediction became more wrong. The
 * changes get smaller, as in the Square Attack of Andriushchenko et al. (2020).
 *
 * @throws the reason of the signal after an interruption
 */
export async function adversarialInputs(batch: SampledBatch, search: AdversarialSearch): Promise<readonly Tensor[]> {
  const { ranges, random, epsilon, signal } = search;
  const { rows, inputs } = batch;
  const columns = inputs.filter(isFloating).map((input) => {
    const original = numbersOf(input);
    return { name: input.name, original, width: original.length / rows.length, limits: ranges.get(input.name)! };
  });
  const width = columns.reduce((sum, each) => sum + each.width, 0);
  // The end of its interval that each value is moved to: -1, 1, or 0 for none.
  const best = new Int8Array(rows.length * width);
  const moved = (ends: Int8Array): Tensor[] => {
    let first = 0;
    const changed = new Map<string, Float64Array>();
    for (const { name, original, width: own, limits } of columns) {
      changed.set(
        name,
        original.map((value, index) => {
          const [row, column] = [Math.floor(index / own), index % own];
          return value + ends[row * width + first + column]! * epsilon * limits[column]!.deviation;
        }),
      );
      first += own;
    }
    return inputs.map((input) => (changed.has(input.name) ? withNumbers(input, changed.get(input.name)!) : input));
  };
  let wrongness = await wrongnessOf(batch, inputs, search);
  // The first query was that of the unchanged rows, and the last is that of the result.
  for (let query = 1; query < ADVERSARIAL_QUERIES - 1; query++) {
    signal?.throwIfAborted();
    const tried = best.slice();
    const count = Math.max(1, Math.round((width / 2) * (1 - query / ADVERSARIAL_QUERIES) ** 2));
    for (let row = 0; row < rows.length; row++) {
      for (let change = 0; change < count; change++) {
        const place = row * width + Math.floor(random() * width);
        tried[place] = -tried[place]! || (random() < 0.5 ? -1 : 1);
      }
    }
    const found = await wrongnessOf(batch, moved(tried), search);
    wrongness = wrongness.map((least, row) => {
      if (!(found[row]! > least)) return least;
      best.set(tried.subarray(row * width, (row + 1) * width), row * width);
      return found[row]!;
    });
  }
  return moved(best);
}

async function wrongnessOf(
  { rows }: SampledBatch,
  inputs: readonly Tensor[],
  { predict, evaluation }: AdversarialSearch,
): Promise<number[]> {
  const own = evaluation();
  own.add(rows, await predict(inputs));
  return rows.map((_, row) => own.wrongness!(row));
}
