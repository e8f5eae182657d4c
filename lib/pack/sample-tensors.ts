import { InferenceError, type Signature, type Tensor, type TensorSpec } from '@modelship/runtime';
import { columnsOf, ModelPackageError } from '@modelship/runtime/manifest';
import {
  elementCount,
  inputsFromColumns,
  JsonReader,
  missingColumn,
  shapeFitsSpec,
  shapeText,
  TensorBuilder,
} from '@modelship/runtime/serve';
import { stringifyExact } from '../json/exact-json.js';
import type { SampleTensor, SampleTensors } from './sample-requests.js';

/**
 * Returns the inputs of a sample. A row of a table may list its values by position, or name the columns of the only
 * input. Columns that the model ignores may be omitted.
 *
 * @throws ModelPackageError `SAMPLES_INVALID` naming the sample and the tensor
 */
export function sampleInputs(values: SampleTensors, signature: Signature, place: string): Tensor[] {
  const { inputs } = signature;
  if (inputs.length === 0) return sampleTensors(values, inputs, place);
  const columns = columnsOf(signature);
  const isNamed = inputs.length === 1 ? values[inputs[0]!.name] : !values[''] && !inputs[0]!.tabular;
  if (!columns || isNamed) return sampleTensors(values, inputs, place);
  const named = namedCells(values, columns);
  const used = columns.flatMap((column) => (column.unused ? [] : [{ ...column, shape: [-1] }]));
  const tensors = sampleTensors(named, used, place).map((tensor) => ({ ...tensor, shape: [tensor.data.length] }));
  const rows = tensors[0]!.data.length;
  const all = columns.map((column) => {
    return tensors.find(({ name }) => name === column.name) ?? missingColumn(column, rows);
  });
  return inputsFromColumns(signature, all);
}

/** Returns the values by column name, without those that the model does not use. */
function namedCells(values: SampleTensors, columns: readonly TensorSpec[]): SampleTensors {
  const unnamed = values['']?.value;
  if (!Array.isArray(unnamed)) {
    const known = new Set(columns.flatMap(({ name, unused }) => (unused ? [] : [name])));
    const isTable = columns[0]!.tabular;
    return Object.fromEntries(Object.entries(values).filter(([name]) => known.has(name) || (name !== '' && !isTable)));
  }
  const used = columns.filter(({ unused }) => !unused);
  const given = unnamed.length === used.length ? used : columns;
  if (unnamed.length !== given.length || !values['']!.row) return values;
  return Object.fromEntries(
    given.flatMap(({ name, unused }, index) => (unused ? [] : [[name, { value: unnamed[index], row: true }]])),
  );
}

/**
 * Converts `values` to the tensors that `specs` describe, in their order. `partial` allows missing tensors.
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
  if (!shapeFitsSpec(tensor.shape, spec)) {
    throw invalid(place, `\`${spec.name}\` has the shape [${tensor.shape}], and the model has [${spec.shape}]`);
  }
  return tensor;
}

function list(specs: readonly TensorSpec[]): string {
  return specs.map((spec) => `\`${spec.name}\` (${spec.datatype} ${shapeText(spec)})`).join(', ');
}

function invalid(place: string, message: string): ModelPackageError {
  return new ModelPackageError('SAMPLES_INVALID', `${place}: ${message}.`);
}

/**
 * Reads nested lists as the tensor that `spec` describes, with the server's rules for requests.
 *
 * @throws InferenceError if the type or the nesting is wrong
 */
function tensorFrom(value: unknown, spec: TensorSpec): Tensor {
  const builder = new TensorBuilder(new JsonReader(Buffer.from(stringifyExact(value, true)), true), spec);
  builder.read();
  return builder.tensor();
}
