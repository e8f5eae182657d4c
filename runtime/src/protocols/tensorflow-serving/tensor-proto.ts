import { tensorFromBytes } from '../../tensor/binary.js';
import { allocate, type Datatype, elementSize } from '../../tensor/datatype.js';
import { invalid } from '../../tensor/errors.js';
import { OBJECTS } from '../../tensor/object-limit.js';
import { elementCount, type Tensor } from '../../tensor/tensor.js';
import { TENSORFLOW_TYPES } from './status.js';

/**
 * Maximum bytes of a tensor that repeats its last value. Without a limit, a small request could allocate much memory.
 */
const MOST_REPEATED_BYTES = 64 * 1024 * 1024;

/** Field of a TensorProto that holds the elements of a datatype. */
const VALUES: Record<Datatype, keyof TensorProto> = {
  BOOL: 'bool_val',
  UINT8: 'int_val',
  UINT16: 'int_val',
  UINT32: 'uint32_val',
  UINT64: 'uint64_val',
  INT8: 'int_val',
  INT16: 'int_val',
  INT32: 'int_val',
  INT64: 'int64_val',
  FP16: 'half_val',
  BF16: 'half_val',
  FP32: 'float_val',
  FP64: 'double_val',
  BYTES: 'string_val',
};

/** A `tensorflow.TensorProto` that holds 64-bit integers as strings. */
export interface TensorProto {
  readonly dtype: string;
  readonly tensor_shape: { readonly dim: readonly { readonly size: string }[]; readonly unknown_rank?: boolean } | null;
  readonly tensor_content?: Buffer;
  readonly float_val?: readonly number[];
  readonly double_val?: readonly number[];
  readonly int_val?: readonly number[];
  readonly string_val?: readonly Buffer[];
  readonly int64_val?: readonly string[];
  readonly bool_val?: readonly boolean[];
  readonly half_val?: readonly number[];
  readonly uint32_val?: readonly number[];
  readonly uint64_val?: readonly string[];
}

/**
 * Decodes a tensor from its raw content or from its values. The last value is repeated for all that are missing.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function decodeTensorProto(name: string, proto: TensorProto): Tensor {
  const datatype = (Object.keys(TENSORFLOW_TYPES) as Datatype[]).find((type) => TENSORFLOW_TYPES[type] === proto.dtype);
  if (!datatype) throw invalid(`input ${name}: got dtype ${proto.dtype}, which is not supported`);
  if (proto.tensor_shape?.unknown_rank) throw invalid(`input ${name}: the shape has no rank`);
  const shape = (proto.tensor_shape?.dim ?? []).map(({ size }) => Number(size));
  if (shape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw invalid(`input ${name}: got shape [${shape}], sizes of 0 and above are allowed`);
  }
  if (proto.tensor_content?.length) {
    if (datatype === 'BYTES') throw invalid(`input ${name}: strings travel in string_val`);
    return tensorFromBytes(name, datatype, shape, proto.tensor_content);
  }
  const field = VALUES[datatype];
  const values = (proto[field] ?? []) as readonly unknown[];
  const count = elementCount(shape);
  if (values.length > count) {
    throw invalid(`input ${name}: got ${values.length} ${field}, shape [${shape}] takes ${count}`);
  }
  const isTooLarge = datatype === 'BYTES' ? count > OBJECTS : count * elementSize(datatype) > MOST_REPEATED_BYTES;
  if (values.length < count && isTooLarge) {
    throw invalid(`input ${name}: shape [${shape}] is too large for ${values.length} values`);
  }
  const data = allocate(datatype, count) as unknown[];
  for (let index = 0; index < values.length; index++) data[index] = element(datatype, values[index]);
  if (values.length > 0 && values.length < count) data.fill(data[values.length - 1], values.length);
  return { name, datatype, shape, data: data as unknown as Tensor['data'] };
}

/** Encodes a tensor with its elements as values, where clients of TensorFlow Serving expect them. */
export function encodeTensorProto({ datatype, shape, data }: Tensor): object {
  return {
    dtype: TENSORFLOW_TYPES[datatype],
    tensor_shape: { dim: shape.map((size) => ({ size: String(size) })) },
    [VALUES[datatype]]: Array.from(data as ArrayLike<unknown>, (value) => {
      if (datatype === 'BOOL') return value !== 0;
      return typeof value === 'bigint' ? value.toString() : value;
    }),
  };
}

function element(datatype: Datatype, value: unknown): unknown {
  if (datatype === 'INT64' || datatype === 'UINT64') return BigInt(value as string);
  if (datatype === 'BYTES') return value;
  return Number(value);
}
