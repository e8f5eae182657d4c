import { type Datatype, type TensorData, typedArrayOf } from '../../tensor/datatype.js';

/** ONNX Runtime's names of the element types, by ours. BF16 has none in its binding for Node. */
const TYPE_NAMES: Partial<Record<Datatype, string>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};

const DATATYPES = new Map(Object.entries(TYPE_NAMES).map(([datatype, name]) => [name, datatype as Datatype]));

/** ONNX Runtime's name of an element type. */
export function onnxTypeName(datatype: Datatype): string {
  return TYPE_NAMES[datatype] ?? datatype;
}

/** Our name of ONNX Runtime's element type; undefined if we have none. */
export function datatypeOf(onnxTypeName: string): Datatype | undefined {
  return DATATYPES.get(onnxTypeName);
}

/** The elements of a tensor of numbers. */
export type TypedArray = Exclude<TensorData, Buffer[]>;

/**
 * Views what the binding returned as the array that tensors of `datatype` have: from Node 24 on it returns halves as
 * `Float16Array`, and their raw bits before.
 */
export function fromEngineArray(datatype: Exclude<Datatype, 'BYTES'>, data: TypedArray): TypedArray {
  const TypedArray = typedArrayOf(datatype);
  return data instanceof TypedArray ? data : new TypedArray(data.buffer, data.byteOffset, data.length);
}
