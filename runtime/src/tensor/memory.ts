import { OBJECT_BYTES } from './object-limit.js';
import type { Tensor } from './tensor.js';

/** Returns the bytes of memory that tensors take. */
export function memoryOf(tensors: readonly Tensor[]): number {
  let bytes = 0;
  for (const { data } of tensors) {
    if (!Array.isArray(data)) bytes += data.byteLength;
    else for (const text of data) bytes += OBJECT_BYTES + text.length;
  }
  return bytes;
}
