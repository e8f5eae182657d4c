import type { Tensor, TensorSpec } from '../tensor/tensor.js';

/**
 * Joins vectors into the output of a task, one row each.
 *
 * @param emptyWidth width of the output if there are no vectors. @default - that of the output, or 0 if it may have any
 */
export function joinVectors(
  { name, shape }: TensorSpec,
  vectors: readonly Float32Array[],
  emptyWidth: number = Math.max(shape[1]!, 0),
): Tensor {
  const width = vectors[0]?.length ?? emptyWidth;
  const data = new Float32Array(vectors.length * width);
  for (const [row, vector] of vectors.entries()) data.set(vector, row * width);
  return { name, datatype: 'FP32', shape: [vectors.length, width], data };
}
