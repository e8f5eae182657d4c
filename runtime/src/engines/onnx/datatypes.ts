import { type Datatype, type TensorData, typedArrayOf } from '../../tensor/datatype.js';

/** ONNX Runtime's type name of each datatype. Its Node binding has no name for BF16. */
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

/** Returns ONNX Runtime's name of a datatype. */
export function onnxTypeName(datatype: Datatype): string {
  return TYPE_NAMES[datatype] ?? datatype;
}

/** Returns the datatype for ONNX Runtime's type name, or undefined if there is none. */
export function datatypeOf(onnxTypeName: string): Datatype | undefined {
  return DATATYPES.get(onnxTypeName);
}

/** Elements of a numeric tensor. */
export type TypedArray = Exclude<TensorData, Buffer[]>;

/**
 * Views data from the binding as the array type of `datatype`. The binding returns FP16 as `Float16Array` from Node 24
 * on, and as raw bits before.
 */
export function fromEngineArray(datatype: Exclude<Datatype, 'BYTES'>, data: TypedArray): TypedArray {
  const TypedArray = typedArrayOf(datatype);
  return data instanceof TypedArray ? data : new TypedArray(data.buffer, data.byteOffset, data.length);
}
