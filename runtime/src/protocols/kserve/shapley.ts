/** Rows that one call of the model gets at most. */
const ROWS_PER_CALL = 1024;

/** Numbers in the rows of one call at most: 8 MiB of doubles. */
const NUMBERS_PER_CALL = 2 ** 20;

/** Evaluates the model on `count` rows of features, and gives as many rows of outputs. */
export type Evaluate = (rows: Float64Array, count: number) => Promise<Float64Array>;

/** What is to be explained. */
export interface ShapleyQuestion {
  /** Features of the instance. */
  readonly instance: Float64Array;
  /** Rows of features that stand for a feature being absent, one after the other; the average is taken over them. */
  readonly background: Float64Array;
  /** Orders of the features that are tried for each background row; each is tried backwards too. */
  readonly permutations: number;
  /** The same seed gives the same orders. */
  readonly seed: number;
}

/** How far each feature moves each output from its average over the background. */
export interface ShapleyValues {
  /** By output: the average over the background. */
  readonly base: Float64Array;
  /** By feature and output, features outermost: `base` and all of them add up to the model's answer. */
  readonly values: Float64Array;
}

/** Rows that an explanation takes, over all its calls. */
export function shapleyRows(features: number, backgrounds: number, permutations: number): number {
  return backgrounds * permutations * 2 * (features + 1);
}

/**
 * Sampled Shapley values: the average change of the outputs when a feature is set, over random orders of setting them.
 *
 * For a model that is linear in its features the values are exact, whatever the orders. The rows are made and evaluated
 * batch by batch.
 */
export async function shapleyValues(question: ShapleyQuestion, evaluate: Evaluate): Promise<ShapleyValues> {
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

/** What stands for the first row of a walk, in which no feature is set yet. */
const NONE = -1;

/**
 * Sets the features of the instance in each background row, one after the other, in each order forwards and backwards.
 *
 * @returns the feature that was set last, once `row` is the next row
 */
function* walk({ instance, background, permutations, seed }: ShapleyQuestion, row: Float64Array): Generator<number> {
  const features = instance.length;
  const random = generator(seed);
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

/** Adds up what the answers to the rows of walks tell. */
class Effects implements ShapleyValues {
  base = new Float64Array(0);
  values = new Float64Array(0);
  private outputs = 0;
  /** The answer to the row before. */
  private before = new Float64Array(0);

  constructor(
    private readonly features: number,
    private readonly walks: number,
  ) {}

  /** @param changes by row: the feature that was set last */
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

/** The order of Fisher and Yates. */
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

/** The generator known as mulberry32: small, seeded, and good enough to shuffle. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
