import { invalid } from '../../inference/errors.js';
import { elementCount, type Tensor } from '../../inference/tensor.js';
import type { RequestedOutput } from './request-parts.js';

/**
 * The output, or its best classes if the request asks for them by the parameter `classification`: for each row of the
 * last dimension, `value:index` or `value:index:label`, the highest value first.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function classified(requested: RequestedOutput, output: Tensor, labels: readonly string[] | undefined): Tensor {
  const count = requested.parameters.get('classification');
  if (count === undefined) return output;
  if (!Number.isSafeInteger(count) || (count as number) < 1) {
    throw invalid(`output ${output.name}: classification is ${count}, a number of classes is needed`);
  }
  if (output.datatype === 'BYTES' || output.datatype === 'FP16' || output.datatype === 'BF16') {
    throw invalid(`output ${output.name}: ${output.datatype} cannot be ranked into classes`);
  }
  const width = output.shape.at(-1) ?? 1;
  const outer = output.shape.slice(0, -1);
  const best = Math.min(count as number, width);
  const values = Array.from(output.data as Float64Array, Number);
  const data: Buffer[] = [];
  for (let row = 0; row < elementCount(outer); row++) {
    const scores = values.slice(row * width, (row + 1) * width);
    const ranked = scores
      .map((_, index) => index)
      .sort((left, right) => scores[right]! - scores[left]! || left - right);
    for (const index of ranked.slice(0, best)) {
      const label = labels?.[index] === undefined ? '' : `:${labels[index]}`;
      data.push(Buffer.from(`${scores[index]!.toFixed(6)}:${index}${label}`));
    }
  }
  return { name: output.name, datatype: 'BYTES', shape: [...outer, best], data };
}
