import { randomNumbers } from '../../tensor/random-numbers.js';

/** Maximum number of rows per call of the model. */
const ROWS_PER_CALL = 1024;

/** Maximum number of numbers in the rows of one call: 8 MiB of doubles. */
const NUMBERS_PER_CALL = 2 ** 20;

/** Evaluates the model on `count` rows of features, and returns one row of outputs for each. */
export type Evaluate = (rows: Float64Array, count: number) => Promise<Float64Array>;

/** Instance to explain and its sampling settings. */
export interface ShapleyProblem {
  /** Features of the instance. */
  readonly instance: Float64Array;
  /** Rows of feature values that represent absent features, concatenated. The effects are averaged over the rows. */
  readonly background: Float64Array;
  /** Number of feature orders sampled for each background row. Each order is also evaluated in reverse. */
  readonly permutations: number;
  /** Random seed. The same seed produces the same orders. */
  readonly seed: number;
}

/** Effect of each feature on each output, relative to the average over the background. */
export interface ShapleyValues {
  /** Average of each output over the background. */
  readonly base: Float64Array;
  /** Effects by feature, then by output. `base` plus all effects equals the model's output. */
  readonly values: Float64Array;
}

/** Returns the number of rows that an explanation evaluates, over all calls of the model. */
export function shapleyRows(features: number, backgrounds: number, permutations: number): number {
  return backgrounds * permutations * 2 * (features + 1);
}

/**
 * Computes sampled Shapley values: the average change of the outputs when a feature is set, over random orders of the
 * features.
 *
 * The values are exact for a model that is linear in its features, regardless of the orders. Rows are generated and
 * evaluated batch by batch.
 */
export async function shapleyValues(question: ShapleyProblem, evaluate: Evaluate): Promise<ShapleyValues> {
  const { instance, background, permutations } = question;
  const features = instance.length;
  const total = shapleyRows(features, background.length / features, permutations);
  const size = Math.max(1, Math.min(total, ROWS_PER_CALL, Math.floor(NUMBERS_PER_CALL / features)));
  const effects = new Effects(features, total / (features + 1));
  const rows = new Float64Array(size * features);
  const changes = new Int32Array(size);
  const row = new Float64Array(features);
  let count = 0;
  let left = total;
  for (const change of walk(question, row)) {
    rows.set(row, count * features);
    changes[count++] = change;
    if (count < size && count < left) continue;
    effects.add(changes, await evaluate(rows.subarray(0, count * features), count), count);
    left -= count;
    count = 0;
  }
  return effects;
}

/** Marks the first row of a walk, before any feature is set. */
const NONE = -1;

/**
 * Sets the features of the instance one after the other in each background row, in each order forwards and backwards.
 *
 * @returns the feature that was set last, while `row` holds the next row to evaluate
 */
function* walk({ instance, background, permutations, seed }: ShapleyProblem, row: Float64Array): Generator<number> {
  const features = instance.length;
  const random = randomNumbers(seed);
  for (let start = 0; start < background.length; start += features) {
    for (let permutation = 0; permutation < permutations; permutation++) {
      const order = shuffled(features, random);
      for (const forwardsOrBack of [order, order.toReversed()]) {
        row.set(background.subarray(start, start + features));
        yield NONE;
        for (const feature of forwardsOrBack) {
          row[feature] = instance[feature]!;
          yield feature;
        }
      }
    }
  }
}

/** Accumulates the effects of features from the outputs for the rows of walks. */
class Effects implements ShapleyValues {
  base = new Float64Array(0);
  values = new Float64Array(0);
  private outputs = 0;
  /** Outputs for the previous row. */
  private before = new Float64Array(0);

  constructor(
    private readonly features: number,
    private readonly walks: number,
  ) {}

  /** Adds the outputs of a batch of rows. @param changes feature that was set last, by row */
  add(changes: Int32Array, answers: Float64Array, count: number): void {
    if (this.outputs === 0) {
      this.outputs = answers.length / count;
      this.base = new Float64Array(this.outputs);
      this.values = new Float64Array(this.features * this.outputs);
    }
    const { outputs, base, values, walks } = this;
    for (let row = 0; row < count; row++) {
      const after = answers.subarray(row * outputs, (row + 1) * outputs);
      const at = changes[row]! * outputs;
      for (let output = 0; output < outputs; output++) {
        if (changes[row] === NONE) base[output]! += after[output]! / walks;
        else values[at + output]! += (after[output]! - this.before[output]!) / walks;
      }
      this.before = after as Float64Array<ArrayBuffer>;
    }
  }
}

/** Returns a random order, shuffled with the Fisher-Yates algorithm. */
function shuffled(length: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    const held = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = held;
  }
  return order;
}
