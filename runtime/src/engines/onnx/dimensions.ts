import type { InferenceSession } from 'onnxruntime-node';

type Values = readonly InferenceSession.ValueMetadata[];

/** Names that say nothing: exporters of TensorFlow and of PyTorch make up another for each tensor. */
const MADE_UP = /^unk__\d+$|_dynamic_axes_\d+$/;

/** Whether the first dimensions have different names, so that the outputs of a detector, say, are no rows of pictures. */
export function firstDimensionsDiffer(inputs: Values, outputs: Values): boolean {
  const names = new Set<string>();
  for (const value of [...inputs, ...outputs]) {
    const name = value.isTensor ? value.shape[0] : undefined;
    if (typeof name === 'string' && name !== '' && !MADE_UP.test(name)) names.add(name);
  }
  return names.size > 1;
}
