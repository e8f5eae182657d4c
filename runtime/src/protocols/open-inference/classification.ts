import { invalid } from '../../tensor/errors.js';
import { shortFloatOf } from '../../tensor/float16.js';
import { OBJECTS } from '../../tensor/object-limit.js';
import type { RequestedOutput } from '../../tensor/open-inference/request-parts.js';
import { elementCount, type Tensor } from '../../tensor/tensor.js';

/** Number of new scores sorted at once, together with the best so far. */
const RANKED_AT_ONCE = 1024;

/**
 * Returns the output, or its highest-scoring classes if the request sets the parameter `classification`. Each row of
 * the last dimension yields `value:index` or `value:index:label`, the highest value first.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function classified(requested: RequestedOutput, output: Tensor, labels: readonly string[] | undefined): Tensor {
  const count = requested.parameters.get('classification');
  if (count === undefined) return output;
  if (!Number.isSafeInteger(count) || (count as number) < 1) {
    throw invalid(`output ${output.name}: classification is ${count}, must be a number of classes`);
  }
  if (output.datatype === 'BYTES') {
    throw invalid(`output ${output.name}: ${output.datatype} cannot be ranked into classes`);
  }
  const width = output.shape.at(-1) ?? 1;
  const outer = output.shape.slice(0, -1);
  const best = Math.min(count as number, width);
  const rows = elementCount(outer);
  if (rows * best > OBJECTS) {
    throw invalid(
      `output ${output.name}: ${best} classes of ${rows} rows are ${rows * best} texts, ${OBJECTS} are allowed: ask for ` +
        'fewer classes, or the numbers',
    );
  }
  const shortFloat = shortFloatOf(output.datatype);
  const raw = output.data as Exclude<Tensor['data'], Buffer[]>;
  const values = shortFloat ? Float32Array.from(raw as Uint16Array, shortFloat.toNumber) : raw;
  const data: Buffer[] = [];
  for (let row = 0; row < rows; row++) {
    const scores = values.subarray(row * width, (row + 1) * width);
    for (const index of ranked(scores, best)) {
      const label = labels?.[index] === undefined ? '' : `:${labels[index]}`;
      data.push(Buffer.from(`${Number(scores[index]!).toFixed(6)}:${index}${label}`));
    }
  }
  return { name: output.name, datatype: 'BYTES', shape: [...outer, best], data };
}

/**
 * Returns the indices of the `best` highest scores. Equal scores stay in order. Scores that are too low are skipped
 * without sorting.
 */
function ranked(scores: ArrayLike<number | bigint>, best: number): number[] {
  const compare = (left: number, right: number) => Number(scores[right]!) - Number(scores[left]!) || left - right;
  let leaders: number[] = [];
  let last: number | undefined;
  for (let index = 0; index < scores.length; index++) {
    if (last !== undefined && compare(last, index) < 0) continue;
    leaders.push(index);
    if (leaders.length < best + RANKED_AT_ONCE) continue;
    leaders = leaders.sort(compare).slice(0, best);
    last = leaders[best - 1];
  }
  return leaders.sort(compare).slice(0, best);
}
