import { readFileSync, statSync } from 'node:fs';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { parseExact, stringifyExact } from '../json/exact-json.js';
import type { Json } from './json-file.js';

/** A request of a samples file by input name, and optionally the expected response by output name. */
export interface SampleRequest {
  /** Position in the file, for errors. */
  readonly place: string;
  readonly inputs: SampleTensors;
  readonly expected?: SampleTensors;
}

/** Nested lists by tensor name. The only input or output of a model may be unnamed, and is then under `''`. */
export type SampleTensors = Readonly<Record<string, SampleTensor>>;

export interface SampleTensor {
  readonly value: unknown;
  /** Whether `value` is one row, to which a batch dimension is added. */
  readonly row: boolean;
  /** Shape, if the protocol declares it. `value` may then be flat. */
  readonly shape?: readonly number[];
  /** Datatype, if the protocol declares it. */
  readonly datatype?: string;
}

/** Maximum size of a samples file in bytes. Parsing takes many times its memory. */
export const MAX_SAMPLES_BYTES = 100_000_000;

/** Members that identify a request. Each request has one of them. */
export const REQUEST_MEMBERS: readonly string[] = ['instances', 'inputs', 'request'];

/**
 * Reads requests in the formats that clients send: TensorFlow Serving's rows (`instances`, each a sample) or columns
 * (`inputs`), or Open Inference Protocol requests. The file holds one request, a list of requests, a list of rows, or
 * the `samples.json` of a package. Expected responses use the response format of the same protocol: `predictions` or
 * `outputs`.
 *
 * @throws ModelPackageError `SAMPLES_INVALID`
 */
export function readSampleRequests(path: string): SampleRequest[] {
  let text: string;
  try {
    const stats = statSync(path);
    if (stats.size > MAX_SAMPLES_BYTES) {
      throw invalid(
        `${path} has ${stats.size} bytes, and at most ${MAX_SAMPLES_BYTES} are read. Each replica runs all samples before ` +
          'it is ready: keep a few',
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ModelPackageError) throw error;
    throw invalid(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}). Give a JSON file of requests`);
  }
  return parseSampleRequests(text, path);
}

/**
 * Parses the text of requests. Errors name `source`.
 *
 * @throws ModelPackageError `SAMPLES_INVALID`
 */
export function parseSampleRequests(text: string, source: string): SampleRequest[] {
  let json: unknown;
  try {
    json = parseExact(text, true);
  } catch (error) {
    throw invalid(`${source} is not JSON (${(error as Error).message})`);
  }
  const requests =
    Array.isArray(json) && !isRowList(json)
      ? json.flatMap((entry, index) => requestsOf(entry, `${source}, entry ${index + 1}`))
      : requestsOf(Array.isArray(json) ? { instances: json } : json, source);
  if (requests.length === 0) throw invalid(`${source} holds no request`);
  return requests;
}

/** Whether `entries` are rows rather than requests, such as the records of a pandas frame. */
function isRowList(entries: readonly unknown[]): boolean {
  const isRow = (entry: unknown) =>
    typeof entry === 'object' && entry !== null && !REQUEST_MEMBERS.some((name) => name in entry);
  return entries.length > 0 && entries.every(isRow);
}

function requestsOf(entry: unknown, place: string): SampleRequest[] {
  const request = object(entry, place);
  if ('request' in request) {
    const body = object(request.request, place);
    return requestsOf(
      'response' in request ? { ...body, outputs: object(request.response, place).outputs } : body,
      place,
    );
  }
  if (Array.isArray(request.instances)) return rows(request.instances, request.predictions, place);
  if (isOpenInference(request.inputs)) {
    const expected = isOpenInference(request.outputs) ? tensorsOfOpenInference(request.outputs) : undefined;
    return [{ place, inputs: tensorsOfOpenInference(request.inputs), ...(expected && { expected }) }];
  }
  if (request.inputs !== undefined) {
    const expected = request.outputs === undefined ? undefined : named(request.outputs, false);
    return [{ place, inputs: named(request.inputs, false), ...(expected && { expected }) }];
  }
  throw invalid(
    `${place} has neither \`instances\` nor \`inputs\`. A sample is a request as a client sends it: ` +
      '`{"instances": [ROW, …]}`, `{"inputs": …}` or the Open Inference Protocol\'s',
  );
}

function rows(instances: unknown[], predictions: unknown, place: string): SampleRequest[] {
  if (predictions !== undefined && (!Array.isArray(predictions) || predictions.length !== instances.length)) {
    const got = Array.isArray(predictions) ? `${predictions.length}` : typeof predictions;
    throw invalid(
      `${place} has ${instances.length} \`instances\`, and \`predictions\` must be a list of as many: got ${got}`,
    );
  }
  return instances.map((instance, index) => ({
    place: `${place}, row ${index + 1}`,
    inputs: named(instance, true),
    ...(predictions !== undefined && { expected: named((predictions as unknown[])[index], true) }),
  }));
}

/** Reads an object as values by name, unless it represents bytes. Any other value belongs to the only tensor. */
function named(value: unknown, row: boolean): SampleTensors {
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && !('b64' in value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, { value: item, row }]));
  }
  return { '': { value, row } };
}

interface OpenInferenceTensor {
  readonly name: string;
  readonly datatype?: string;
  readonly shape: readonly number[];
  readonly data: unknown;
}

function isOpenInference(tensors: unknown): tensors is OpenInferenceTensor[] {
  return (
    Array.isArray(tensors) &&
    tensors.length > 0 &&
    tensors.every((tensor) => typeof tensor?.name === 'string' && Array.isArray(tensor.shape) && 'data' in tensor)
  );
}

/** Returns the tensors of a request or a response of the Open Inference Protocol. */
export function tensorsOfOpenInference(tensors: readonly OpenInferenceTensor[]): SampleTensors {
  return Object.fromEntries(
    tensors.map(({ name, datatype, shape, data }) => [name, { value: data, row: false, shape, datatype }]),
  );
}

/** Returns the tensors of a response of TensorFlow Serving that has one value or object per row. */
export function tensorsOfPredictions(predictions: readonly unknown[]): SampleTensors {
  const names = Object.keys(named(predictions[0], true));
  return Object.fromEntries(
    names.map((name) => [name, { value: predictions.map((row) => named(row, true)[name]?.value), row: false }]),
  );
}

function object(value: unknown, place: string): Json {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw invalid(
    `${place} must be an object with \`instances\` or \`inputs\`, got ${stringifyExact(value).slice(0, 40)}`,
  );
}

function invalid(message: string): ModelPackageError {
  return new ModelPackageError('SAMPLES_INVALID', `${message}.`);
}
