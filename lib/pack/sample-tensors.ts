import { InferenceError, type Tensor, type TensorSpec } from '@modelship/runtime';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { elementCount, shapeFits } from '@modelship/runtime/serve';
import type { SampleTensor, SampleTensors } from './sample-requests.js';
import { tensorFrom } from './tensor-from-json.js';

/**
 * Makes of `values` the tensors that `specs` describe, in their order. `partial` allows some to be missing.
 *
 * @throws ModelPackageError `SAMPLES_INVALID` naming the sample and the tensor
 */
export function sampleTensors(
  values: SampleTensors,
  specs: readonly TensorSpec[],
  place: string,
  partial = false,
): Tensor[] {
  const given = withNames(values, specs, place);
  for (const name of Object.keys(given)) {
    if (!specs.some((spec) => spec.name === name))
      throw invalid(place, `the model has no \`${name}\`, but ${list(specs)}`);
  }
  return specs.flatMap((spec) => {
    const value = given[spec.name];
    if (value !== undefined) return [sampleTensor(value, spec, place)];
    if (partial) return [];
    throw invalid(place, `\`${spec.name}\` is missing; the model needs ${list(specs)}`);
  });
}

function withNames(values: SampleTensors, specs: readonly TensorSpec[], place: string): SampleTensors {
  const unnamed = values[''];
  if (unnamed === undefined) return values;
  const [only, ...others] = specs;
  if (only && others.length === 0) return { [only.name]: unnamed };
  throw invalid(place, `a value without a name, but the model has ${list(specs)}: write an object of all of them`);
}

function sampleTensor({ value, row, shape }: SampleTensor, spec: TensorSpec, place: string): Tensor {
  let tensor: Tensor;
  try {
    tensor = tensorFrom(row ? [value] : value, spec);
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    throw invalid(place, `\`${spec.name}\`: ${error.message}`);
  }
  if (shape && elementCount(shape) === elementCount(tensor.shape)) tensor = { ...tensor, shape };
  if (!shapeFits(tensor.shape, spec.shape)) {
    throw invalid(place, `\`${spec.name}\` has the shape [${tensor.shape}], and the model has [${spec.shape}]`);
  }
  return tensor;
}

function list(specs: readonly TensorSpec[]): string {
  return specs.map(({ name, datatype, shape }) => `\`${name}\` (${datatype} [${shape}])`).join(', ');
}

function invalid(place: string, message: string): ModelPackageError {
  return new ModelPackageError('SAMPLES_INVALID', `${place}: ${message}.`);
}
