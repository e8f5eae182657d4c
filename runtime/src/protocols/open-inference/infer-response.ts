import type { HttpResponse } from '../../http/http.js';
import { tensorBytes } from '../../tensor/binary.js';
import { invalid } from '../../tensor/errors.js';
import { JsonWriter } from '../../tensor/json/index.js';
import type { InferRequest } from '../../tensor/open-inference/infer-request.js';
import { writeTensors } from '../../tensor/open-inference/write-tensors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { jsonResponse } from '../responses.js';

/** Header with the number of JSON bytes in a body; binary tensors follow them. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

/** Name and version of the model that responds. */
export interface Answerer {
  readonly name: string;
  readonly version: string;
}

/** Encodes an infer response. Outputs are binary where the request selects it. */
export function encodeInferResponse(model: Answerer, request: InferRequest, outputs: readonly Tensor[]): HttpResponse {
  const writer = new JsonWriter();
  writer.raw('{"model_name":');
  writer.string(model.name);
  writer.raw(',"model_version":');
  writer.string(model.version);
  if (request.id !== undefined) {
    writer.raw(',"id":');
    writer.string(request.id);
  }
  const binary = outputs.map((output) => (wantsBinary(request, output.name) ? tensorBytes(output) : undefined));
  writer.raw(',"outputs":');
  writeTensors(writer, outputs, binary);
  writer.raw('}');
  const json = writer.finish();
  if (binary.every((bytes) => bytes === undefined)) return jsonResponse(json);
  const head = Buffer.from(json as string);
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', [JSON_LENGTH_HEADER]: String(head.length) },
    body: Buffer.concat([head, ...binary.filter((bytes) => bytes !== undefined)]),
  };
}

function wantsBinary(request: InferRequest, output: string): boolean {
  const own = request.outputs?.find(({ name }) => name === output)?.parameters.get('binary_data');
  const wanted = own ?? request.parameters.get('binary_data_output') ?? false;
  if (typeof wanted !== 'boolean') throw invalid(`output ${output}: whether it is binary must be true or false`);
  return wanted;
}
