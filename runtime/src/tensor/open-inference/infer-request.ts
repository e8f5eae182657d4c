import { tensorFromBytes } from '../binary.js';
import { nameList } from '../check-inputs.js';
import { type Datatype, elementSize } from '../datatype.js';
import { invalid } from '../errors.js';
import { LOWER_N, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../json/ascii.js';
import { JsonReader, TensorBuilder } from '../json/index.js';
import { elementCount, type Signature, type Tensor, type TensorSpec } from '../tensor.js';
import {
  checkInput,
  checkOutputs,
  isIgnored,
  orderInputs,
  type Parameters,
  type RequestedOutput,
} from './request-parts.js';

/** A decoded infer request. The inputs are those of the signature, in its order. */
export interface InferRequest {
  readonly id?: string;
  readonly parameters: Parameters;
  readonly inputs: readonly Tensor[];
  /** Requested outputs, in the order of the request. @default - all outputs of the signature */
  readonly outputs?: readonly RequestedOutput[];
}

const NO_PARAMETERS: Parameters = new Map();

/** An input whose data follows the JSON. */
interface BinaryInput {
  /** Spec of the input. @default - the model ignores it */
  readonly spec?: TensorSpec;
  readonly shape: readonly number[];
  readonly size: number;
}

/**
 * Decodes the body of an infer request.
 *
 * @param jsonBytes length of the JSON at the start of the body, before binary tensors. By default the whole body is
 * JSON.
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function decodeInferRequest(body: Buffer, signature: Signature, jsonBytes?: number): InferRequest {
  if (jsonBytes === 0) return decodeRawRequest(body, signature);
  const reader = new JsonReader(jsonBytes === undefined ? body : body.subarray(0, jsonBytes), false);
  const request = readInferRequest(reader, signature, jsonBytes === undefined ? undefined : body.subarray(jsonBytes));
  reader.end();
  return request;
}

/**
 * Reads the next value as an infer request. `binary` holds the bytes after the JSON.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function readInferRequest(reader: JsonReader, signature: Signature, binary?: Buffer): InferRequest {
  let id: string | undefined;
  let parameters: Parameters | undefined;
  let inputs: (Tensor | BinaryInput | undefined)[] | undefined;
  let outputs: RequestedOutput[] | undefined;
  openObject(reader, 'the request');
  if (reader.openObject()) {
    do {
      const name = reader.name();
      if (isAbsent(reader)) continue;
      if (name === 'id') {
        rejectDuplicate(id, name);
        id = readString(reader, name);
      } else if (name === 'parameters') {
        rejectDuplicate(parameters, name);
        parameters = readParameters(reader);
      } else if (name === 'inputs') {
        rejectDuplicate(inputs, name);
        inputs = readList(reader, name, () => readInput(reader, signature, binary !== undefined));
      } else if (name === 'outputs') {
        rejectDuplicate(outputs, name);
        outputs = readList(reader, name, () => readRequestedOutput(reader));
      } else {
        reader.skip();
      }
    } while (reader.nextMember());
  }
  if (!inputs) throw invalid('the request has no inputs');
  return {
    id,
    parameters: parameters ?? NO_PARAMETERS,
    inputs: orderInputs(signature, takeBinary(inputs, binary)),
    outputs: outputs?.length ? checkOutputs(signature, outputs) : undefined,
  };
}

/**
 * Reads the next value as a list of tensors, which must match the inputs of `signature`.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function readTensors(reader: JsonReader, signature: Signature): readonly Tensor[] {
  const inputs = readList(reader, 'tensors', () => readInput(reader, signature, false));
  return orderInputs(signature, takeBinary(inputs, undefined));
}

/** Decodes a body that holds only the data of the single input. */
function decodeRawRequest(body: Buffer, signature: Signature): InferRequest {
  const [spec, ...others] = signature.inputs as [TensorSpec, ...TensorSpec[]];
  if (others.length > 0)
    throw invalid(`a raw body requires a model with one input, this one takes ${nameList(signature)}`);
  if (spec.unknownRank) throw invalid('a raw body carries no shape, and the input accepts any shape: send it in JSON');
  // The number of bytes determines one dimension. If several are dynamic, the first is a batch of one.
  const open = spec.shape.filter((size) => size === -1).length;
  const shape = spec.shape.map((size, axis) => (size === -1 && axis === 0 && open > 1 ? 1 : size));
  let tensor: Tensor;
  if (spec.datatype === 'BYTES') {
    tensor = {
      name: spec.name,
      datatype: spec.datatype,
      shape: shape.map((size) => (size === -1 ? 1 : size)),
      data: [body],
    };
    if (elementCount(tensor.shape) !== 1)
      throw invalid(`a raw body is one element, but the input has shape [${spec.shape}]`);
  } else {
    if (shape.filter((size) => size === -1).length > 1) {
      throw invalid(`a raw body cannot tell the sizes of [${spec.shape}]: send the shape in JSON`);
    }
    const item = elementCount(shape.filter((size) => size !== -1)) * elementSize(spec.datatype);
    const size = item > 0 ? Math.floor(body.length / item) : 0;
    const full = shape.map((length) => (length === -1 ? size : length));
    tensor = tensorFromBytes(spec.name, spec.datatype, full, body);
  }
  return { parameters: new Map([['binary_data_output', true]]), inputs: [tensor] };
}

function readInput(reader: JsonReader, signature: Signature, hasBinary: boolean): Tensor | BinaryInput | undefined {
  let name: string | undefined;
  let shape: number[] | undefined;
  let datatype: string | undefined;
  let parameters: Parameters | undefined;
  let dataAt: number | undefined;
  let tensor: Tensor | undefined;
  openObject(reader, 'an input');
  if (reader.openObject()) {
    do {
      const member = reader.name();
      if (isAbsent(reader)) continue;
      if (member === 'name') {
        rejectDuplicate(name, member);
        name = readString(reader, member);
      } else if (member === 'shape') {
        rejectDuplicate(shape, member);
        shape = readShape(reader);
      } else if (member === 'datatype') {
        rejectDuplicate(datatype, member);
        datatype = readString(reader, member);
      } else if (member === 'parameters') {
        rejectDuplicate(parameters, member);
        parameters = readParameters(reader);
      } else if (member === 'data') {
        rejectDuplicate(dataAt, member);
        reader.peek();
        dataAt = reader.position;
        // The data can be read only if its spec is known. If the spec follows, the data is read afterwards.
        if (name !== undefined && shape && datatype !== undefined) {
          if (isIgnored(signature, name)) {
            reader.skip();
            continue;
          }
          tensor = readData(reader, sentSpec(signature, name, shape, datatype), shape);
        } else {
          reader.skip();
        }
      } else {
        reader.skip();
      }
    } while (reader.nextMember());
  }
  if (name === undefined) throw invalid('an input has no name');
  if (!shape) throw invalid(`input ${name} has no shape`);
  if (datatype === undefined) throw invalid(`input ${name} has no datatype`);
  const size = parameters?.get('binary_data_size');
  if (dataAt !== undefined) {
    if (size !== undefined) throw invalid(`input ${name} has both data and binary_data_size`);
    if (tensor) return tensor;
    if (isIgnored(signature, name)) return undefined;
    const here = reader.position;
    reader.position = dataAt;
    tensor = readData(reader, sentSpec(signature, name, shape, datatype), shape);
    reader.position = here;
    return tensor;
  }
  if (size === undefined) throw invalid(`input ${name} has no data`);
  if (!hasBinary)
    throw invalid(`input ${name} has binary_data_size, but the header Inference-Header-Content-Length is missing`);
  if (!Number.isSafeInteger(size) || (size as number) < 0) {
    throw invalid(`input ${name}: binary_data_size is ${size}, must be a whole number of bytes`);
  }
  const spec = isIgnored(signature, name) ? undefined : sentSpec(signature, name, shape, datatype);
  return { spec, shape, size: size as number };
}

/** Returns the matching input of the signature, in the datatype of the request. */
function sentSpec(signature: Signature, name: string, shape: readonly number[], datatype: string): TensorSpec {
  return { ...checkInput(signature, name, shape, datatype), datatype: datatype as Datatype };
}

function readData(reader: JsonReader, spec: TensorSpec, shape: readonly number[]): Tensor {
  const { name, datatype, tabular } = spec;
  if (reader.peek() !== OPEN_ARRAY) throw invalid(`input ${name}: data must be a list`);
  const builder = new TensorBuilder(reader, { name, datatype, shape, tabular });
  builder.read();
  const { shape: nested, data } = builder.tensor();
  const isFlat = nested.length === 1 && nested[0] === elementCount(shape);
  if (!isFlat && !(nested.length === shape.length && nested.every((size, axis) => size === shape[axis]))) {
    throw invalid(
      `input ${name}: got data of shape [${nested}], shape [${shape}] takes that or ${elementCount(shape)} elements in one list`,
    );
  }
  return { name, datatype, shape, data };
}

function readRequestedOutput(reader: JsonReader): RequestedOutput {
  let name: string | undefined;
  let parameters: Parameters | undefined;
  openObject(reader, 'an output');
  if (reader.openObject()) {
    do {
      const member = reader.name();
      if (isAbsent(reader)) continue;
      if (member === 'name') {
        rejectDuplicate(name, member);
        name = readString(reader, member);
      } else if (member === 'parameters') {
        rejectDuplicate(parameters, member);
        parameters = readParameters(reader);
      } else {
        reader.skip();
      }
    } while (reader.nextMember());
  }
  if (name === undefined) throw invalid('an output has no name');
  return { name, parameters: parameters ?? NO_PARAMETERS };
}

/** Assigns the bytes after the JSON to the binary inputs. */
function takeBinary(inputs: readonly (Tensor | BinaryInput | undefined)[], binary: Buffer | undefined): Tensor[] {
  let position = 0;
  const tensors = inputs.flatMap((input) => {
    if (!input) return [];
    if ('data' in input) return [input];
    const { spec, shape, size } = input;
    const end = position + size;
    if (end > binary!.length) {
      throw invalid(
        `input ${spec?.name ?? ''}: binary_data_size is ${size}, but ${binary!.length - position} bytes are left`,
      );
    }
    const bytes = binary!.subarray(position, end);
    position = end;
    return spec ? [tensorFromBytes(spec.name, spec.datatype, shape, bytes)] : [];
  });
  if (binary && position !== binary.length) {
    throw invalid(`${binary.length - position} bytes after the JSON belong to no input`);
  }
  return tensors;
}

function readShape(reader: JsonReader): number[] {
  const shape: number[] = [];
  if (reader.peek() !== OPEN_ARRAY) throw invalid('shape must be a list of whole numbers');
  if (!reader.openArray()) return shape;
  do {
    const isNumber = reader.atNumber();
    const start = reader.position;
    const size = isNumber ? reader.number(false) : Number.NaN;
    if (!isNumber || !reader.integral || !Number.isSafeInteger(size) || size < 0) {
      throw invalid(`shape holds ${reader.quote(start)}: whole numbers of 0 and above are allowed`);
    }
    shape.push(size);
  } while (reader.nextElement());
  return shape;
}

function readParameters(reader: JsonReader): Parameters {
  const parameters = new Map<string, string | number | boolean>();
  openObject(reader, 'parameters');
  if (!reader.openObject()) return parameters;
  do {
    const name = reader.name();
    rejectDuplicate(parameters.get(name), name);
    if (reader.peek() === QUOTE) parameters.set(name, reader.string());
    else if (reader.atNumber()) parameters.set(name, reader.number(false));
    else {
      const value = reader.boolean();
      if (value === undefined) throw invalid(`parameter ${name} must be a string, a number or a boolean`);
      parameters.set(name, value);
    }
  } while (reader.nextMember());
  return parameters;
}

function readList<T>(reader: JsonReader, name: string, read: () => T): T[] {
  if (reader.peek() !== OPEN_ARRAY) throw invalid(`${name} must be a list`);
  const list: T[] = [];
  if (!reader.openArray()) return list;
  do list.push(read());
  while (reader.nextElement());
  return list;
}

function readString(reader: JsonReader, name: string): string {
  if (reader.peek() !== QUOTE) throw invalid(`${name} must be a string`);
  return reader.string();
}

function openObject(reader: JsonReader, what: string): void {
  const byte = reader.peek();
  if (byte === OPEN_OBJECT) return;
  const start = reader.position;
  reader.skip();
  throw invalid(`${what} must be a JSON object, got ${reader.quote(start)}`);
}

/** Reads the member's value if it is `null`, and returns whether it is. Clients write `null` for omitted members. */
function isAbsent(reader: JsonReader): boolean {
  if (reader.peek() !== LOWER_N) return false;
  reader.skip();
  return true;
}

function rejectDuplicate(before: unknown, name: string): void {
  if (before !== undefined) throw invalid(`the name ${name} is given twice`);
}
