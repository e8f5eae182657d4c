import type { TensorSpec } from './tensor.js';

/** Whether an output has floating-point numbers, as scores are. */
export function hasScores({ datatype }: Pick<TensorSpec, 'datatype'>): boolean {
  return /^(FP|BF)/.test(datatype);
}

/** Whether an output has a score for each of its labels. */
export function hasClasses(spec: TensorSpec): boolean {
  return spec.labels !== undefined && hasScores(spec) && spec.shape.at(-1) === spec.labels.length;
}

/** Returns an output whose highest scores are unknown, because it has no labels. */
export function unlabelledScores(outputs: readonly TensorSpec[]): TensorSpec | undefined {
  return outputs.find((spec) => hasScores(spec) && !hasClasses(spec));
}
