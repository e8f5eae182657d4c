import { MISSING_TEXT } from './missing.js';
import type { Tensor } from './tensor.js';

/** Returns a tensor as it is sent to another thread. A copy of the missing string would be an empty string there. */
export function sentTensor(tensor: Tensor): Tensor {
  const { data } = tensor;
  if (!Array.isArray(data)) return tensor;
  return { ...tensor, data: data.map((each) => (each === MISSING_TEXT ? null : each)) as Buffer[] };
}

/** Returns a tensor that another thread sent, whose strings are buffers again. */
export function receivedTensor(tensor: Tensor): Tensor {
  const { data } = tensor;
  if (!Array.isArray(data)) return tensor;
  const received = (data as (Uint8Array | null)[]).map((each) =>
    each === null ? MISSING_TEXT : Buffer.from(each.buffer as ArrayBuffer, each.byteOffset, each.byteLength),
  );
  return { ...tensor, data: received };
}
