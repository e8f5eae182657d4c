import type { Datatype } from '../tensor/datatype.js';
import type { Signature, TensorSpec } from '../tensor/tensor.js';

/** Input datatypes whose features can be mixed as doubles. */
export const EXPLAINABLE: readonly Datatype[] = ['FP32', 'FP64', 'INT8', 'INT16', 'INT32', 'UINT8', 'UINT16', 'UINT32'];

/** Returns the input of a model whose features have effects. Undefined if it has several inputs, or one of other values. */
export function explainableInput({ inputs: [input, ...others] }: Pick<Signature, 'inputs'>): TensorSpec | undefined {
  return input && others.length === 0 && EXPLAINABLE.includes(input.datatype) ? input : undefined;
}
