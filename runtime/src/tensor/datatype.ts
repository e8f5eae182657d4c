/**
 * Element types of a tensor, by their Open Inference Protocol names.
 *
 * Tensors hold `FP16` and `BF16` as raw 16-bit values, on every version of Node. JSON and CSV represent them as
 * numbers.
 */
export const DATATYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
  'BYTES',
] as const;

/** An Open Inference Protocol datatype. */
export type Datatype = (typeof DATATYPES)[number];

/** Elements of a tensor in row-major order. `BYTES` elements are raw bytes; text is UTF-8. */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | Buffer[];

type TypedArrayConstructor = {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Exclude<TensorData, Buffer[]>;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Exclude<TensorData, Buffer[]>;
};

const ARRAYS: Record<Exclude<Datatype, 'BYTES'>, TypedArrayConstructor> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

/** Returns the typed array class for `datatype`. */
export function typedArrayOf(datatype: Exclude<Datatype, 'BYTES'>): TypedArrayConstructor {
  return ARRAYS[datatype];
}

/** Returns the bytes of one element; 0 for `BYTES`, whose elements vary in length. */
export function elementSize(datatype: Datatype): number {
  return datatype === 'BYTES' ? 0 : ARRAYS[datatype].BYTES_PER_ELEMENT;
}

/** Allocates `length` zeroed elements of `datatype`. */
export function allocate(datatype: Datatype, length: number): TensorData {
  return datatype === 'BYTES' ? new Array<Buffer>(length).fill(Buffer.alloc(0)) : new ARRAYS[datatype](length);
}
