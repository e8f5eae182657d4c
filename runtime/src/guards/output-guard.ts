import { hasClasses, hasScores } from '../tensor/classes.js';
import { shortFloatOf } from '../tensor/float16.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';

/** What callers see of the scores of a model. */
export interface OutputLimits {
  /** Decimal places that floating-point outputs are rounded to. @default - outputs are not rounded */
  readonly outputDecimals?: number;
  /** Number of classes whose scores callers see, for outputs with class labels. @default - all classes */
  readonly outputTopK?: number;
}

/** Scores from which on a double has no decimal places left to round. */
const MOST_ROUNDED = 2 ** 52;

/**
 * Returns outputs with less precise scores. The scores of other than the highest classes become 0. If the row has scores below
 * 0, as logits do, they become at least 1 less than the lowest score that is shown.
 */
export function limitOutputs(
  outputs: readonly Tensor[],
  specs: readonly TensorSpec[],
  { outputDecimals, outputTopK }: OutputLimits,
): readonly Tensor[] {
  return outputs.map((tensor) => {
    if (!hasScores(tensor)) return tensor;
    const short = shortFloatOf(tensor.datatype);
    // Other requests of the same run may share the memory of the outputs.
    const scores = Float64Array.from(tensor.data as Float64Array, (value) => (short ? short.toNumber(value) : value));
    const spec = specs.find(({ name }) => name === tensor.name);
    if (outputTopK !== undefined && spec && hasClasses(spec)) keepHighest(scores, tensor.shape.at(-1)!, outputTopK);
    if (outputDecimals !== undefined) round(scores, 10 ** outputDecimals);
    const data = tensor.data.slice() as Float64Array;
    for (let index = 0; index < data.length; index++) {
      data[index] = short ? short.fromNumber(scores[index]!) : scores[index]!;
    }
    return { ...tensor, data };
  });
}

function round(scores: Float64Array, scale: number): void {
  for (let index = 0; index < scores.length; index++) {
    const scaled = scores[index]! * scale;
    if (Math.abs(scaled) < MOST_ROUNDED) scores[index] = Math.round(scaled) / scale;
  }
}

/** Hides all but the `count` highest scores of each row. Of equal scores, the first are kept. */
function keepHighest(scores: Float64Array, classes: number, count: number): void {
  if (count >= classes) return;
  for (let start = 0; start < scores.length; start += classes) {
    const row = scores.subarray(start, start + classes);
    const order = Array.from(row.keys()).sort((a, b) => row[b]! - row[a]!);
    const lowestShown = row[order[count - 1]!]!;
    const hasLogits = row[order.at(-1)!]! < 0;
    // Computed from shown scores only, because one from hidden scores would reveal them.
    const hidden = hasLogits ? Math.min(0, lowestShown - 1) : 0;
    for (const place of order.slice(count)) row[place] = hidden;
  }
}
