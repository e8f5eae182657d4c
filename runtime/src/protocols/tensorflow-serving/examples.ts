import { invalid } from '../../tensor/errors.js';
import { LOWER_N, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../../tensor/json/ascii.js';
import { atBase64, type JsonReader, readBase64 } from '../../tensor/json/index.js';
import { formatError, openDocument, readSignatureName, syntaxFirst } from './predict-request.js';

/** Values of one feature of an example. JSON integers become integers, and decimals become floats. */
export interface Feature {
  kind?: 'int64' | 'float' | 'bytes';
  readonly values: (bigint | number | Buffer)[];
}

/** Features by name. */
export type Example = Map<string, Feature>;

/** Parsed body of a classify or regress call. */
export interface ExamplesRequest {
  readonly signatureName?: string;
  /** Examples, each completed with the features of the context that it lacks. */
  readonly examples: readonly Example[];
}

/**
 * Decodes the body of a classify or regress call.
 *
 * @throws InferenceError `INVALID_ARGUMENT`, with TensorFlow Serving's text where it has one
 */
export function decodeExamplesRequest(body: Buffer): ExamplesRequest {
  try {
    return decodeDocument(body);
  } catch (error) {
    throw syntaxFirst(body, error);
  }
}

function decodeDocument(body: Buffer): ExamplesRequest {
  const reader = openDocument(body);
  const start = reader.position;
  const seen = new Set<string>();
  let signatureName: string | undefined;
  let context: Example | undefined;
  let examples: Example[] | undefined;
  if (reader.openObject()) {
    do {
      const name = reader.name();
      if (seen.has(name)) throw invalid(`JSON object: the name ${name} is given twice`);
      seen.add(name);
      if (name === 'signature_name') signatureName = readSignatureName(reader, start);
      else if (name === 'context') context = readExample(reader);
      else if (name === 'examples') examples = readExamples(reader, start);
      else reader.skip();
    } while (reader.nextMember());
  }
  if (!examples) {
    throw formatError(reader, start, "When method is classify, key 'examples' is expected and was not found");
  }
  if (context) {
    const shared = context;
    examples = examples.map((example) => new Map([...shared, ...example]));
  }
  return { signatureName: signatureName || undefined, examples };
}

function readExamples(reader: JsonReader, start: number): Example[] {
  if (reader.peek() !== OPEN_ARRAY) throw formatError(reader, start, "Expecting 'examples' value to be an list/array");
  if (!reader.openArray()) throw formatError(reader, start, "'examples' value is an empty array");
  const examples: Example[] = [];
  do examples.push(readExample(reader));
  while (reader.nextElement());
  return examples;
}

function readExample(reader: JsonReader): Example {
  if (reader.peek() !== OPEN_OBJECT) {
    throw invalid(`Example must be JSON object but got JSON ${kindOf(reader)}`);
  }
  reader.countObject();
  const example: Example = new Map();
  if (!reader.openObject()) return example;
  do {
    const name = reader.name();
    if (example.has(name)) throw invalid(`JSON object: the name ${name} is given twice`);
    reader.countObject();
    const feature: Feature = { values: [] };
    if (reader.peek() !== OPEN_ARRAY) {
      readValue(reader, name, feature);
    } else if (reader.openArray()) {
      do readValue(reader, name, feature);
      while (reader.nextElement());
    }
    example.set(name, feature);
  } while (reader.nextMember());
  return example;
}

function readValue(reader: JsonReader, name: string, feature: Feature): void {
  const value = element(reader, name);
  const kind = typeof value === 'bigint' ? 'int64' : typeof value === 'number' ? 'float' : 'bytes';
  feature.kind ??= kind;
  if (feature.kind !== kind) {
    throw invalid(`Unexpected element type in feature: ${name} expecting type: ${feature.kind}`);
  }
  feature.values.push(value);
}

function element(reader: JsonReader, name: string): bigint | number | Buffer {
  if (reader.atNumber()) {
    const start = reader.position;
    const value = reader.number(false);
    if (!reader.integral) return value;
    // An int64 has at most 20 characters, so 21 suffice to reject a longer number without converting it.
    const whole = BigInt(reader.bytes.toString('latin1', start, Math.min(reader.position, start + 21)));
    if (BigInt.asIntN(64, whole) === whole) return whole;
    throw invalid(`Feature: ${name} has uint64 element. Only int64 is supported.`);
  }
  const truth = reader.boolean();
  if (truth !== undefined) return truth ? 1n : 0n;
  if (reader.peek() === QUOTE) return reader.stringBytes();
  if (reader.peek() === OPEN_OBJECT && atBase64(reader)) return readBase64(reader);
  const kind = kindOf(reader);
  reader.skip();
  throw invalid(`Feature: ${name} has element with unexpected JSON type: ${kind}`);
}

function kindOf(reader: JsonReader): string {
  const byte = reader.peek();
  if (byte === OPEN_ARRAY) return 'Array';
  if (byte === OPEN_OBJECT) return 'Object';
  if (byte === QUOTE) return 'String';
  if (byte === LOWER_N) return 'Null';
  return reader.atNumber() ? 'Number' : 'True';
}
