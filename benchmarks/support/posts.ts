import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inferPath, predictPath } from '@modelship/runtime/contract';
import { readManifest, SAMPLES_FILE } from '@modelship/runtime/manifest';
import { binaryRequest } from '../../lib/bench/requests.js';
import { readSampleRequests, sampleTensors } from '../../lib/pack/index.js';

/** A request that is sent again and again. */
export interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The first sample of a model that takes rows of numbers, as a client of TensorFlow Serving asks. */
export function jsonPost(modelPackage: string): Post {
  const [{ request }] = JSON.parse(readFileSync(join(modelPackage, SAMPLES_FILE), 'utf8'));
  return {
    path: predictPath(readManifest(modelPackage).name),
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ instances: [request.inputs[0].data] })),
  };
}

/** The first sample by the Open Inference Protocol, with the tensors in binary. */
export function binaryPost(modelPackage: string): Post {
  const { name, inputs } = readManifest(modelPackage);
  const [request] = readSampleRequests(join(modelPackage, SAMPLES_FILE));
  const tensors = sampleTensors(request!.inputs, inputs, request!.place);
  return { path: inferPath(name), ...binaryRequest(tensors) };
}
