import { isUtf8 } from 'node:buffer';
import { tensorBytes, tensorFromBytes } from './binary.js';
import { converted, isFloat, widens } from './convert.js';
import { type Datatype, elementSize, type TensorData } from './datatype.js';
import { invalid } from './errors.js';
import { checkObjects } from './object-limit.js';
import { elementCount, type Tensor, type TensorSpec } from './tensor.js';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/** Alignment of the end of the header, so that the data can be memory-mapped. */
const ALIGNMENT = 64;

/** Bytes of a character in NumPy's text arrays. */
const CHARACTER_BYTES = 4;

/**
 * Maximum bytes of a text array. NumPy pads every string to the longest, so that a few long ones could require much
 * memory.
 */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

const DESCRIPTIONS: Partial<Record<Datatype, string>> = {
  BOOL: '|b1',
  UINT8: '|u1',
  INT8: '|i1',
  UINT16: '<u2',
  INT16: '<i2',
  UINT32: '<u4',
  INT32: '<i4',
  UINT64: '<u8',
  INT64: '<i8',
  FP16: '<f2',
  FP32: '<f4',
  FP64: '<f8',
};

/**
 * Returns a tensor from an array saved by NumPy, in either byte order and either dimension order.
 *
 * Numbers of another type are converted if the input has floats, because NumPy defaults to float64. They are also
 * converted if the input's datatype represents every value of the array's type.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function tensorFromNpy(spec: TensorSpec, bytes: Buffer): Tensor {
  const array = arrayFromNpy(spec.name, bytes);
  if (array.datatype === spec.datatype) return array;
  const isNumeric = array.datatype !== 'BYTES' && spec.datatype !== 'BYTES';
  if (isNumeric && (isFloat(spec.datatype) || widens(array.datatype, spec.datatype))) {
    return converted(array, spec.datatype);
  }
  const { descr } = readHeader(bytes);
  throw invalid(`npy: got dtype ${descr}, input ${spec.name} takes ${DESCRIPTIONS[spec.datatype] ?? spec.datatype}`);
}

/**
 * Returns an array saved by NumPy, with its own datatype and in row-major order.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function arrayFromNpy(name: string, bytes: Buffer): Tensor {
  const { descr, fortran, shape, dataAt } = readHeader(bytes);
  const raw = bytes.subarray(dataAt);
  const texts = /^[<>|]([SU])(\d{1,9})$/.exec(descr);
  const tensor = texts
    ? textsFrom(name, shape, raw, { isUnicode: texts[1] === 'U', size: Number(texts[2]), isBig: descr[0] === '>' })
    : numbersFrom(name, shape, raw, descr);
  return fortran && shape.length > 1 ? { ...tensor, data: rowMajor(tensor.data, shape) } : tensor;
}

/**
 * Returns a tensor in NumPy's file format. Strings become NumPy Unicode arrays. `BF16`, which NumPy does not have, becomes
 * float32, which represents all its values.
 *
 * @throws InferenceError `INVALID_ARGUMENT` for strings that NumPy cannot hold
 */
export function npyFromTensor(tensor: Tensor): Buffer {
  if (tensor.datatype === 'BYTES') return textsToNpy(tensor);
  const numbers = tensor.datatype === 'BF16' ? converted(tensor, 'FP32') : tensor;
  return Buffer.concat([headerOf(DESCRIPTIONS[numbers.datatype]!, numbers.shape), tensorBytes(numbers)]);
}

function numbersFrom(name: string, shape: readonly number[], raw: Buffer, descr: string): Tensor {
  const little = descr.replace(/^>/, '<');
  const datatype = (Object.keys(DESCRIPTIONS) as Datatype[]).find((candidate) => DESCRIPTIONS[candidate] === little);
  if (!datatype) {
    throw invalid(`npy: got dtype ${descr}; use one of ${Object.values(DESCRIPTIONS).join(', ')}, S or U`);
  }
  return tensorFromBytes(name, datatype, shape, descr === little ? raw : swapped(raw, elementSize(datatype)));
}

/** Swaps the byte order of elements of `size` bytes. */
function swapped(raw: Buffer, size: number): Buffer {
  if (raw.length % size !== 0) return raw;
  const copy = Buffer.from(raw);
  if (size === 2) return copy.swap16();
  return size === 4 ? copy.swap32() : copy.swap64();
}

/** NumPy's text type: `size` characters per element, or bytes. */
interface TextType {
  readonly isUnicode: boolean;
  readonly size: number;
  readonly isBig: boolean;
}

/** Reads fixed-length strings, whose trailing NULs are padding as in NumPy. */
function textsFrom(name: string, shape: readonly number[], raw: Buffer, type: TextType): Tensor {
  const { isUnicode, size, isBig } = type;
  const step = isUnicode ? size * CHARACTER_BYTES : size;
  const count = elementCount(shape);
  if (raw.length !== count * step) {
    throw invalid(`npy: got ${raw.length} bytes of data, shape [${shape}] of texts takes ${count * step}`);
  }
  checkObjects(count, raw.length);
  const data = Array.from({ length: count }, (_, index) => {
    const text = raw.subarray(index * step, (index + 1) * step);
    return isUnicode ? utf8Of(text, isBig) : text.subarray(0, text.findLastIndex((byte) => byte !== 0) + 1);
  });
  return { name, datatype: 'BYTES', shape, data };
}

function utf8Of(text: Buffer, isBig: boolean): Buffer {
  const points: number[] = [];
  for (let at = 0; at < text.length; at += CHARACTER_BYTES) {
    const point = isBig ? text.readUInt32BE(at) : text.readUInt32LE(at);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw invalid('npy: a string is not valid Unicode');
    points.push(point);
  }
  while (points.at(-1) === 0) points.pop();
  return Buffer.from(points.map((point) => String.fromCodePoint(point)).join(''));
}

/** Reorders elements from column-major into row-major order. */
function rowMajor(data: TensorData, shape: readonly number[]): TensorData {
  const ordered = data.slice() as unknown[];
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  const position = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < ordered.length; to++) {
    ordered[to] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return ordered as unknown as TensorData;
}

function textsToNpy({ name, shape, data }: Tensor): Buffer {
  const texts = (data as Buffer[]).map((element) => {
    if (!isUtf8(element)) throw invalid(`output ${name} holds bytes that are not UTF-8, which npy cannot carry`);
    return Array.from(element.toString('utf8'));
  });
  const longest = texts.reduce((most, text) => Math.max(most, text.length), 1);
  const step = longest * CHARACTER_BYTES;
  if (texts.length * step > MAX_TEXT_BYTES) {
    throw invalid(`output ${name}: npy would take ${texts.length * step} bytes for its texts: request JSON`);
  }
  const raw = Buffer.alloc(texts.length * step);
  for (const [index, text] of texts.entries()) {
    for (const [at, character] of text.entries()) {
      raw.writeUInt32LE(character.codePointAt(0)!, index * step + at * CHARACTER_BYTES);
    }
  }
  return Buffer.concat([headerOf(`<U${longest}`, shape), raw]);
}

function headerOf(descr: string, sizes: readonly number[]): Buffer {
  const shape = sizes.length === 1 ? `${sizes[0]},` : sizes.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const before = MAGIC.length + 4;
  const padded = Math.ceil((before + header.length + 1) / ALIGNMENT) * ALIGNMENT - before;
  const length = Buffer.alloc(4);
  length[0] = 1;
  length.writeUInt16LE(padded, 2);
  return Buffer.concat([MAGIC, length, Buffer.from(`${header.padEnd(padded - 1)}\n`)]);
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: number[];
  readonly dataAt: number;
}

function readHeader(bytes: Buffer): Header {
  if (bytes.length < MAGIC.length + 6 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw invalid('npy: the body is not a file written by numpy.save');
  }
  // Version 1 has a 16-bit length. Later versions have a 32-bit length.
  const isFirst = bytes[MAGIC.length] === 1;
  const textAt = MAGIC.length + (isFirst ? 4 : 6);
  const dataAt = textAt + (isFirst ? bytes.readUInt16LE(MAGIC.length + 2) : bytes.readUInt32LE(MAGIC.length + 2));
  if (dataAt > bytes.length) throw invalid('npy: the header is truncated');
  const text = bytes.toString('latin1', textAt, Math.min(dataAt, textAt + 1024));
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw invalid('npy: the header is not that of an array of numbers');
  }
  const sizes = shape
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '');
  return { descr: descr.replace(/^=/, '<'), fortran: fortran === 'True', shape: sizes.map(Number), dataAt };
}
