import type { Tensor } from '@modelship/runtime';
import { encodeInferRequestJson, tensorBytes } from '@modelship/runtime/serve';

/** An infer request of the Open Inference Protocol. */
export interface EncodedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Encodes a request with tensors in JSON. */
export function jsonRequest(inputs: readonly Tensor[]): EncodedRequest {
  return { headers: { 'content-type': 'application/json' }, body: Buffer.from(encodeInferRequestJson(inputs)) };
}

/** Encodes a request with binary tensors after the JSON, which also asks for a binary response. */
export function binaryRequest(inputs: readonly Tensor[]): EncodedRequest {
  const parts = inputs.map(tensorBytes);
  const described = inputs.map(({ name, datatype, shape }, index) => {
    return { name, datatype, shape, parameters: { binary_data_size: parts[index]!.length } };
  });
  const json = Buffer.from(JSON.stringify({ inputs: described, parameters: { binary_data_output: true } }));
  return {
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
    },
    body: Buffer.concat([json, ...parts]),
  };
}
