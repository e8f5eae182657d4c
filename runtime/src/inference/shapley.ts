import { invalid } from './errors.js';

/** Rows that one call of the model gets at most. */
const ROWS_PER_CALL = 1024;

/** Rows that one explanation may take at most, over all its calls. */
const MOST_ROWS = 2 ** 18;

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

/**
 * Sampled Shapley values: the average change of the outputs when a feature is set, over random orders of setting them.
 *
 * For a model that is linear in its features the values are exact, whatever the orders. The rows are evaluated in large
 * batches.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if that takes too many rows
 */
export async function shapleyValues(question: ShapleyQuestion, evaluate: Evaluate): Promise<ShapleyValues> {
  const { instance, background, permutations, seed } = question;
  const features = instance.length;
  const backgrounds = background.length / features;
  const walks = backgrounds * permutations * 2;
  if (walks * (features + 1) > MOST_ROWS) {
    throw invalid(
      `explaining takes ${walks * (features + 1)} rows, ${MOST_ROWS} are allowed: ask for fewer permutations or background rows`,
    );
  }

  const random = generator(seed);
  const orders: Uint32Array[] = [];
  for (let index = 0; index < backgrounds * permutations; index++) {
    const order = shuffled(features, random);
    orders.push(order, order.toReversed());
  }
  const rows = new Float64Array(walks * (features + 1) * features);
  let at = 0;
  for (let walk = 0; walk < walks; walk++) {
    const from = Math.floor(walk / (2 * permutations)) * features;
    const row = background.slice(from, from + features);
    rows.set(row, at);
    at += features;
    for (const feature of orders[walk]!) {
      row[feature] = instance[feature]!;
      rows.set(row, at);
      at += features;
    }
  }

  const answers = await evaluateInBatches(rows, features, evaluate);
  const outputs = answers.length / (walks * (features + 1));
  const base = new Float64Array(outputs);
  const values = new Float64Array(features * outputs);
  for (let walk = 0; walk < walks; walk++) {
    let before = walk * (features + 1) * outputs;
    for (let output = 0; output < outputs; output++) base[output]! += answers[before + output]! / walks;
    for (const feature of orders[walk]!) {
      const after = before + outputs;
      for (let output = 0; output < outputs; output++) {
        values[feature * outputs + output]! += (answers[after + output]! - answers[before + output]!) / walks;
      }
      before = after;
    }
  }
  return { base, values };
}

async function evaluateInBatches(rows: Float64Array, features: number, evaluate: Evaluate): Promise<Float64Array> {
  const count = rows.length / features;
  const parts: Float64Array[] = [];
  for (let start = 0; start < count; start += ROWS_PER_CALL) {
    const size = Math.min(ROWS_PER_CALL, count - start);
    parts.push(await evaluate(rows.subarray(start * features, (start + size) * features), size));
  }
  if (parts.length === 1) return parts[0]!;
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
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
