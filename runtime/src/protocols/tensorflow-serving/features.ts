import { allocate } from '../../tensor/datatype.js';
import { invalid } from '../../tensor/errors.js';
import { shortFloatOf } from '../../tensor/float16.js';
import { elementCount, type Signature, type Tensor, type TensorSpec } from '../../tensor/tensor.js';
import type { Example } from './examples.js';
import { parsesExamples, serializedInput } from './serialized-examples.js';

/**
 * Converts examples to the inputs of a signature. Each input stacks the values of the feature with its name over all
 * examples.
 *
 * A feature must have as many values as one item of its input. Integer features can feed any numeric input, float
 * features feed float inputs, and bytes features feed bytes inputs. Extra features are ignored, as in
 * `tf.io.parse_example`. A signature of a SavedModel that parses examples itself receives them serialized.
 *
 * @throws InferenceError `INVALID_ARGUMENT` that names the feature
 */
export function inputsFromExamples(signature: Signature, examples: readonly Example[]): Tensor[] {
  if (parsesExamples(signature, examples)) return [serializedInput(signature.inputs[0]!, examples)];
  return signature.inputs.map((spec) => stackFeature(spec, examples));
}

function stackFeature(spec: TensorSpec, examples: readonly Example[]): Tensor {
  const item = itemShape(spec, examples[0]?.get(spec.name)?.values.length ?? 0);
  const size = elementCount(item);
  // This check bounds the allocation: the values are in memory already, so the tensor is no larger than the request.
  if (examples[0]?.get(spec.name)?.values.length !== size) throw countError(spec, 0, size, examples[0]);
  const data = allocate(spec.datatype, size * examples.length) as unknown[];
  let count = 0;
  for (const [index, example] of examples.entries()) {
    const feature = example.get(spec.name);
    if (feature?.values.length !== size) throw countError(spec, index, size, example);
    for (const value of feature.values) data[count++] = convert(spec, value);
  }
  return {
    name: spec.name,
    datatype: spec.datatype,
    shape: spec.shape.length === 0 ? [examples.length] : [examples.length, ...item],
    data: data as unknown as Tensor['data'],
  };
}

/** Returns the shape of one example's values. A single dynamic dimension takes its size from the first example. */
function itemShape(spec: TensorSpec, values: number): number[] {
  const shape = spec.shape.slice(1);
  const open = shape.filter((size) => size === -1).length;
  if (open > 1)
    throw invalid(`Feature: ${spec.name} feeds shape [${spec.shape}], whose sizes cannot be derived from examples`);
  const known = elementCount(shape.filter((size) => size !== -1));
  return shape.map((size) => (size === -1 ? Math.floor(values / Math.max(1, known)) : size));
}

function countError(spec: TensorSpec, index: number, expected: number, example: Example | undefined): Error {
  const got = example?.get(spec.name)?.values.length;
  return invalid(
    got === undefined
      ? `Feature: ${spec.name} (data type: ${spec.datatype}) is required but could not be found in example ${index}.`
      : `Feature: ${spec.name} has ${got} values in example ${index}, ${expected} are needed`,
  );
}

function convert(spec: TensorSpec, value: bigint | number | Buffer): bigint | number | Buffer {
  const { datatype } = spec;
  if (Buffer.isBuffer(value) !== (datatype === 'BYTES')) throw kindError(spec, value);
  if (Buffer.isBuffer(value)) return value;
  if (datatype === 'FP32' || datatype === 'FP64') return Number(value);
  const shortFloat = shortFloatOf(datatype);
  if (shortFloat) return shortFloat.fromNumber(Number(value));
  if (typeof value === 'number') throw kindError(spec, value);
  const width = Number(/\d+$/.exec(datatype)?.[0] ?? 1);
  const fits = datatype.startsWith('INT') ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
  if (fits !== value) throw invalid(`Feature: ${spec.name} holds ${value}, which ${datatype} cannot`);
  return width === 64 ? value : Number(value);
}

function kindError(spec: TensorSpec, value: bigint | number | Buffer): Error {
  const kind = typeof value === 'bigint' ? 'int64' : typeof value === 'number' ? 'float' : 'bytes';
  return invalid(`Feature: ${spec.name}. Data types don't match. Expected type: ${spec.datatype} but got ${kind}`);
}
