import { invalid } from './errors.js';
import { type Signature, shapeFitsSpec, type Tensor, type TensorSpec } from './tensor.js';

/**
 * Checks that the inputs match the signature in order, datatypes and shapes.
 *
 * @throws InferenceError `INVALID_ARGUMENT` naming the input
 */
export function checkInputs(signature: Signature, inputs: readonly Tensor[]): void {
  checkDatatypes(signature, inputs);
  for (let index = 0; index < signature.inputs.length; index++) {
    checkShape(signature.inputs[index]!, inputs[index]!.shape);
  }
}

/**
 * Checks the shape of an input.
 *
 * @param name name of the input in the request, for the error
 * @throws InferenceError `INVALID_ARGUMENT` naming the input
 */
export function checkShape(spec: TensorSpec, shape: readonly number[], name = spec.name): void {
  if (shapeFitsSpec(shape, spec)) return;
  throw invalid(`input ${name}: got shape [${shape}], the model takes [${spec.shape}] where -1 is any size`);
}

/**
 * Checks that the inputs match the signature in order and datatypes, but not in shapes. A SavedModel may accept more
 * shapes than its signature declares.
 *
 * @throws InferenceError `INVALID_ARGUMENT` naming the input
 */
function checkDatatypes(signature: Signature, inputs: readonly Tensor[]): void {
  for (let index = 0; index < signature.inputs.length; index++) {
    const spec = signature.inputs[index]!;
    const input = inputs[index];
    if (input?.name !== spec.name)
      throw invalid(`input ${spec.name} is missing: the model takes ${nameList(signature)}`);
    if (input.datatype !== spec.datatype) {
      throw invalid(`input ${spec.name}: got datatype ${input.datatype}, the model takes ${spec.datatype}`);
    }
  }
}

/**
 * Checks the inputs of a request for a model of `format`.
 *
 * TensorFlow Serving does not check shapes, because a SavedModel may accept more shapes than its signature declares.
 *
 * @throws InferenceError `INVALID_ARGUMENT` naming the input
 */
export function checkFor(format: string, signature: Signature, inputs: readonly Tensor[]): void {
  if (format === 'saved_model') checkDatatypes(signature, inputs);
  else checkInputs(signature, inputs);
}

/** Lists the names of the inputs for a message. */
export function nameList(signature: Signature): string {
  return signature.inputs.map((input) => input.name).join(', ');
}
