import { checkInputs, checkShape, nameList } from '../check-inputs.js';
import { converted, widens } from '../convert.js';
import { DATATYPES, type Datatype } from '../datatype.js';
import { invalid } from '../errors.js';
import { missingColumn } from '../missing.js';
import type { Signature, Tensor, TensorSpec } from '../tensor.js';

/** Values of a `parameters` object. */
export type Parameters = ReadonlyMap<string, string | number | boolean>;

/** A requested output. */
export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}

/**
 * Returns the matching input of the signature.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if no input matches, or its datatype or shape differs
 */
export function checkInput(signature: Signature, name: string, shape: readonly number[], datatype: string): TensorSpec {
  const [only, ...others] = signature.inputs;
  const isSole = others.length === 0 && !signature.strict;
  const spec = signature.inputs.find((input) => input.name === name) ?? (isSole ? only : undefined);
  if (!spec) throw invalid(`the model has no input ${name}: it takes ${nameList(signature)}`);
  if (datatype !== spec.datatype && (signature.strict || !widens(datatype, spec.datatype))) {
    const advice = DATATYPES.includes(datatype as Datatype) ? '' : ` (the datatypes are ${DATATYPES.join(', ')})`;
    throw invalid(`input ${name}: got datatype ${datatype}, the model takes ${spec.datatype}${advice}`);
  }
  checkShape(spec, shape, name);
  return spec;
}

/** Whether the input `name` is ignored: it is a column that the model does not use, or an unknown column of a table. */
export function isIgnored(signature: Signature, name: string): boolean {
  const spec = signature.inputs.find((input) => input.name === name);
  return spec ? spec.unused === true : signature.inputs.length > 1 && signature.inputs[0]!.tabular === true;
}

/**
 * Returns the inputs in the order and the datatypes of the signature. Inputs that the model ignores may be missing.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if an input is missing or duplicated
 */
export function orderInputs(signature: Signature, tensors: readonly Tensor[]): readonly Tensor[] {
  for (const [index, { name }] of tensors.entries()) {
    if (tensors.findIndex((other) => other.name === name) !== index)
      throw invalid(`input ${name} is given twice: the model takes ${nameList(signature)}`);
  }
  const rows = tensors.find(({ shape }) => shape.length > 0)?.shape[0] ?? 0;
  const ordered = signature.inputs.flatMap((spec) => {
    if (spec.unused) return [missingColumn(spec, rows)];
    const tensor = tensors.find(({ name }) => name === spec.name);
    return tensor ? [converted(tensor, spec.datatype)] : [];
  });
  checkInputs(signature, ordered);
  return ordered;
}

/**
 * Checks the requested outputs.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if an output does not exist or is requested twice
 */
export function checkOutputs(signature: Signature, outputs: readonly RequestedOutput[]): readonly RequestedOutput[] {
  for (const [index, { name }] of outputs.entries()) {
    if (outputs.findIndex((other) => other.name === name) !== index) throw invalid(`output ${name} is requested twice`);
    if (!signature.outputs.some((output) => output.name === name)) {
      const names = signature.outputs.map((output) => output.name);
      throw invalid(`the model has no output ${name}: it gives ${names.join(', ')}`);
    }
  }
  return outputs;
}
