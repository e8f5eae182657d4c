import { invalid } from '../tensor/errors.js';
import { OPEN_ARRAY, OPEN_OBJECT } from '../tensor/json/ascii.js';
import { JsonReader, JsonWriter } from '../tensor/json/index.js';
import { readInferRequest, readTensors } from '../tensor/open-inference/infer-request.js';
import { writeTensors } from '../tensor/open-inference/write-tensors.js';
import type { Signature, Tensor } from '../tensor/tensor.js';

/** A golden request with the expected response. Inputs and outputs are in the order of the signature. */
export interface Sample {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Encodes an infer request in JSON. */
export function encodeInferRequestJson(inputs: readonly Tensor[]): string {
  return encodeTensors('inputs', inputs);
}

/** Encodes samples in the format of `samples.json`: a list of requests and responses. */
export function encodeSamples(samples: readonly Sample[]): string {
  const lines = samples.map(
    ({ inputs, outputs }) =>
      `{"request":${encodeTensors('inputs', inputs)},"response":${encodeTensors('outputs', outputs)}}`,
  );
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

/**
 * Decodes `samples.json`.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if a sample does not match the signature
 */
export function decodeSamples(bytes: Buffer, signature: Signature): Sample[] {
  const reader = new JsonReader(bytes, false);
  const samples: Sample[] = [];
  if (reader.peek() !== OPEN_ARRAY) throw invalid('the samples must be a JSON list');
  if (reader.openArray()) {
    do samples.push(readSample(reader, signature));
    while (reader.nextElement());
  }
  reader.end();
  return samples;
}

function readSample(reader: JsonReader, signature: Signature): Sample {
  let inputs: readonly Tensor[] | undefined;
  let outputs: readonly Tensor[] | undefined;
  if (reader.peek() !== OPEN_OBJECT) throw invalid('a sample must be an object with request and response');
  if (reader.openObject()) {
    do {
      const name = reader.name();
      if (name === 'request') inputs = readInferRequest(reader, signature).inputs;
      else if (name === 'response') outputs = readOutputs(reader, signature);
      else throw invalid(`a sample has the unknown member ${name}: request and response are allowed`);
    } while (reader.nextMember());
  }
  if (!inputs || !outputs) throw invalid('a sample must have a request and a response');
  return { inputs, outputs };
}

/** Reads outputs. They have the same format as inputs, so they are read as the inputs of a mirrored signature. */
function readOutputs(reader: JsonReader, signature: Signature): readonly Tensor[] {
  let outputs: readonly Tensor[] | undefined;
  const mirrored: Signature = { inputs: signature.outputs, outputs: [] };
  if (reader.peek() !== OPEN_OBJECT) throw invalid("a sample's response must be an object with outputs");
  if (reader.openObject()) {
    do {
      if (reader.name() === 'outputs') outputs = readTensors(reader, mirrored);
      else reader.skip();
    } while (reader.nextMember());
  }
  if (!outputs) throw invalid("a sample's response has no outputs");
  return outputs;
}

function encodeTensors(key: string, tensors: readonly Tensor[]): string {
  const writer = new JsonWriter();
  writer.raw(`{"${key}":`);
  writeTensors(writer, tensors, [], { separator: ',', nonFinite: 'null' });
  writer.raw('}');
  return writer.finish().toString();
}
