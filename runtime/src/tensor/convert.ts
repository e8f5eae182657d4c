import { allocate, DATATYPES, type Datatype, type TensorData } from './datatype.js';
import { shortFloatOf } from './float16.js';
import type { Tensor } from './tensor.js';

/** Wider numeric datatypes of each datatype, which represent all its values exactly. */
const WIDER: Partial<Record<Datatype, readonly Datatype[]>> = {
  UINT8: ['UINT16', 'UINT32', 'UINT64', 'INT16', 'INT32', 'INT64', 'FP16', 'BF16', 'FP32', 'FP64'],
  UINT16: ['UINT32', 'UINT64', 'INT32', 'INT64', 'FP32', 'FP64'],
  UINT32: ['UINT64', 'INT64', 'FP64'],
  INT8: ['INT16', 'INT32', 'INT64', 'FP16', 'BF16', 'FP32', 'FP64'],
  INT16: ['INT32', 'INT64', 'FP32', 'FP64'],
  INT32: ['INT64', 'FP64'],
  FP16: ['FP32', 'FP64'],
  BF16: ['FP32', 'FP64'],
  FP32: ['FP64'],
};

/** Whether `to` represents every value of `from` exactly. */
export function widens(from: string, to: Datatype): boolean {
  return WIDER[from as Datatype]?.includes(to) ?? false;
}

/** Returns the datatypes in which a request may send an input: its own, and those that convert to it without loss. */
export function datatypesThatFit(to: Datatype): Datatype[] {
  return DATATYPES.filter((from) => from === to || widens(from, to));
}

/** Whether the datatype is a floating-point type of any width. */
export function isFloat(datatype: Datatype): boolean {
  return datatype === 'FP32' || datatype === 'FP64' || shortFloatOf(datatype) !== undefined;
}

/** Converts a numeric tensor to another numeric datatype, rounding each value to the nearest. */
export function converted(tensor: Tensor, datatype: Datatype): Tensor {
  if (tensor.datatype === datatype) return tensor;
  const source = tensor.data as Exclude<TensorData, Buffer[]>;
  const toNumber = shortFloatOf(tensor.datatype)?.toNumber ?? Number;
  const fromNumber = shortFloatOf(datatype)?.fromNumber;
  const data = allocate(datatype, source.length) as unknown[];
  const isLong = datatype === 'INT64' || datatype === 'UINT64';
  for (let index = 0; index < source.length; index++) {
    const value = source[index]!;
    if (isLong) data[index] = BigInt(value);
    else data[index] = fromNumber ? fromNumber(toNumber(value as number)) : toNumber(value as number);
  }
  return { name: tensor.name, datatype, shape: tensor.shape, data: data as unknown as TensorData };
}
