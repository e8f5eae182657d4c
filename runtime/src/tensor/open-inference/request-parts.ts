import { checkInputs, nameList } from '../check-inputs.js';
import { DATATYPES, type Datatype } from '../datatype.js';
import { invalid } from '../errors.js';
import { type Signature, shapeFits, type Tensor, type TensorSpec } from '../tensor.js';

/** The values of a `parameters` object. */
export type Parameters = ReadonlyMap<string, string | number | boolean>;

/** An output that the request asks for. */
export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}

/**
 * The input of the signature that is meant.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if there is none, or none of that datatype and shape
 */
export function checkInput(signature: Signature, name: string, shape: readonly number[], datatype: string): TensorSpec {
  const spec = signature.inputs.find((input) => input.name === name);
  if (!spec) throw invalid(`the model has no input ${name}: it takes ${nameList(signature)}`);
  if (datatype !== spec.datatype) {
    const advice = DATATYPES.includes(datatype as Datatype) ? '' : ` (the datatypes are ${DATATYPES.join(', ')})`;
    throw invalid(`input ${name}: got datatype ${datatype}, the model takes ${spec.datatype}${advice}`);
  }
  if (!shapeFits(shape, spec.shape)) {
    throw invalid(`input ${name}: got shape [${shape}], the model takes [${spec.shape}] where -1 is any size`);
  }
  return spec;
}

/**
 * The inputs in the signature's order.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if one is missing or given twice
 */
export function orderInputs(signature: Signature, tensors: readonly Tensor[]): readonly Tensor[] {
  for (const [index, { name }] of tensors.entries()) {
    if (tensors.findIndex((other) => other.name === name) !== index) throw invalid(`input ${name} is given twice`);
  }
  const ordered = signature.inputs.map((spec) => tensors.find((tensor) => tensor.name === spec.name)!);
  checkInputs(signature, ordered);
  return ordered;
}

/** @throws InferenceError `INVALID_ARGUMENT` if an output does not exist or is asked for twice */
export function checkOutputs(signature: Signature, outputs: readonly RequestedOutput[]): readonly RequestedOutput[] {
  for (const [index, { name }] of outputs.entries()) {
    if (outputs.findIndex((other) => other.name === name) !== index) throw invalid(`output ${name} is asked for twice`);
    if (!signature.outputs.some((output) => output.name === name)) {
      const names = signature.outputs.map((output) => output.name);
      throw invalid(`the model has no output ${name}: it gives ${names.join(', ')}`);
    }
  }
  return outputs;
}
