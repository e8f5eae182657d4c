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

/** The same request by the Open Inference Protocol, as JSON. */
export function inferPost(modelPackage: string): Post {
  const [{ request }] = JSON.parse(readFileSync(join(modelPackage, SAMPLES_FILE), 'utf8'));
  return {
    path: inferPath(readManifest(modelPackage).name),
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ inputs: request.inputs })),
  };
}

/** The same request at the route of MLflow. */
export function invocationsPost(modelPackage: string): Post {
  return { ...jsonPost(modelPackage), path: '/invocations' };
}

/** The rows of all samples, again and again, as CSV at the route of SageMaker. */
export function csvPost(modelPackage: string, rows: number): Post {
  const samples: readonly { request: { inputs: [{ data: readonly number[] }] } }[] = JSON.parse(
    readFileSync(join(modelPackage, SAMPLES_FILE), 'utf8'),
  );
  const line = (row: number) => samples[row % samples.length]!.request.inputs[0].data.join(',');
  return {
    path: '/invocations',
    headers: { 'content-type': 'text/csv', accept: 'text/csv' },
    body: Buffer.from(`${Array.from({ length: rows }, (_, row) => line(row)).join('\n')}\n`),
  };
}

/** A text at a route of text-embeddings-inference. */
export function textPost(path: '/embed' | '/tokenize', text: string): Post {
  return { path, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ inputs: text })) };
}

/** A picture as the body of a request. */
export function picturePost(modelPackage: string, file: string): Post {
  const path = predictPath(readManifest(modelPackage).name);
  return { path, headers: { 'content-type': 'image/jpeg' }, body: readFileSync(file) };
}

/** The first sample by the Open Inference Protocol, with the tensors in binary. */
export function binaryPost(modelPackage: string): Post {
  const { name, inputs } = readManifest(modelPackage);
  const [request] = readSampleRequests(join(modelPackage, SAMPLES_FILE));
  const tensors = sampleTensors(request!.inputs, inputs, request!.place);
  return { path: inferPath(name), ...binaryRequest(tensors) };
}
