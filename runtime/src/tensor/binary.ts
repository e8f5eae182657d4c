import { type Datatype, elementSize, typedArrayOf } from './datatype.js';
import { invalid } from './errors.js';
import { MISSING_TEXT } from './missing.js';
import { checkObjects } from './object-limit.js';
import { elementCount, type Tensor } from './tensor.js';

/** Bytes of the length before each element of a `BYTES` tensor. */
const LENGTH_BYTES = 4;

/** The length of a text that is missing, in what a worker is sent. */
const MISSING_LENGTH = 0xffffffff;

/**
 * A tensor from its raw bytes: little-endian and row-major, an element of `BYTES` after its length in 32 bits.
 *
 * The data is a view of `bytes` where their alignment allows it.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if the bytes are not those of such a tensor
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
  // A copy may come from a pool at any multiple of eight, which suits every element.
  return { name, datatype, shape, data: new TypedArray(buffer, byteOffset, count) };
}

/** The raw bytes of a tensor, as `tensorFromBytes` reads them; a view of its data but for `BYTES`. */
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
