import { type Datatype, elementSize, typedArrayOf } from './datatype.js';
import { invalid } from './errors.js';
import { MISSING_TEXT } from './missing.js';
import { checkObjects } from './object-limit.js';
import { elementCount, type Tensor } from './tensor.js';

/** Bytes of the length prefix of each element in a `BYTES` tensor. */
const LENGTH_BYTES = 4;

/** Length that marks a missing string in a message to a worker. */
const MISSING_LENGTH = 0xffffffff;

/**
 * Returns a tensor from its raw bytes: little-endian and row-major, each `BYTES` element prefixed by its length in 32
 * bits.
 *
 * The data is a view of `bytes` if their alignment allows it.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if the bytes do not match the datatype and shape
 */
export function tensorFromBytes(name: string, datatype: Datatype, shape: readonly number[], bytes: Buffer): Tensor {
  const count = elementCount(shape);
  if (datatype === 'BYTES') return { name, datatype, shape, data: splitBytes(name, count, shape, bytes) };
  const expected = count * elementSize(datatype);
  if (bytes.length !== expected) {
    throw invalid(
      `input ${name}: got ${bytes.length} bytes of data, shape [${shape}] of ${datatype} takes ${expected}`,
    );
  }
  if (datatype === 'BOOL') {
    const other = bytes.find((byte) => byte > 1);
    if (other !== undefined) throw invalid(`input ${name}: got the byte ${other}, BOOL takes 0 and 1`);
  }
  const TypedArray = typedArrayOf(datatype);
  const isAligned = bytes.byteOffset % TypedArray.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset } = isAligned ? bytes : Buffer.copyBytesFrom(bytes);
  // A copy from the buffer pool is aligned to eight bytes, which suits every element type.
  return { name, datatype, shape, data: new TypedArray(buffer, byteOffset, count) };
}

/**
 * Returns the raw bytes of a tensor, as `tensorFromBytes` reads them. They are a view of its data, except for `BYTES`.
 */
export function tensorBytes(tensor: Tensor): Buffer {
  const { data } = tensor;
  if (!Array.isArray(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const parts: Buffer[] = [];
  for (const element of data) {
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32LE(element === MISSING_TEXT ? MISSING_LENGTH : element.length);
    parts.push(length, element);
  }
  return Buffer.concat(parts);
}

function splitBytes(name: string, count: number, shape: readonly number[], bytes: Buffer): Buffer[] {
  checkObjects(count, bytes.length);
  const elements: Buffer[] = [];
  let position = 0;
  while (position < bytes.length && elements.length <= count) {
    const start = position + LENGTH_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt32LE(position) : start;
    if (end > bytes.length) throw invalid(`input ${name}: the data ends inside element ${elements.length}`);
    elements.push(bytes.subarray(start, end));
    position = end;
  }
  if (elements.length !== count || position !== bytes.length) {
    throw invalid(
      `input ${name}: got ${position < bytes.length ? 'more' : elements.length} elements, shape [${shape}] takes ${count}`,
    );
  }
  return elements;
}
