import type { InferenceSession } from 'onnxruntime-node';

type Values = readonly InferenceSession.ValueMetadata[];

/**
 * Generated names without meaning: the exporters of TensorFlow and PyTorch generate a different name for each tensor.
 */
const MADE_UP = /^unk__\d+$|_dynamic_axes_\d+$/;

/**
 * Whether the first dimensions have different names. The output rows of a detector, for example, are not input images.
 */
export function firstDimensionsDiffer(inputs: Values, outputs: Values): boolean {
  const names = new Set<string>();
  for (const value of [...inputs, ...outputs]) {
    const name = value.isTensor ? value.shape[0] : undefined;
    if (typeof name === 'string' && name !== '' && !MADE_UP.test(name)) names.add(name);
  }
  return names.size > 1;
}
