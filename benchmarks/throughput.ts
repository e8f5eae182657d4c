import { IRIS, mlp } from './support/models.js';
import { type Comparison, compare } from './support/pairs.js';
import { jsonPost } from './support/posts.js';
import { untilAnswered } from './support/process.js';
import { bareHttp, fastApi, modelship, rayServe } from './support/servers.js';
import { type Served, serving, throughputSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** Predictions a second by JSON over 32 connections: a model that costs next to nothing. */
export function benchmarkThroughput(settings: Settings): Promise<Comparison> {
  return benchmark(IRIS, settings);
}

/** The same with a model that costs as much as its request. */
export async function benchmarkMlpThroughput(settings: Settings): Promise<Comparison> {
  return benchmark(await mlp('mlp.onnx'), settings);
}

/** Iris beside Ray Serve, which takes half a minute to start. */
export function benchmarkRay({ rounds, seconds }: Settings): Promise<Comparison> {
  const asked = { modelPackage: IRIS, post: jsonPost(IRIS) };
  return compare('requests/s', rounds, [
    throughputSide('Ray Serve + onnxruntime', { factory: rayServe, ...asked }, { seconds }),
    throughputSide('Modelship', { factory: modelship, ...asked }, { seconds }),
  ]);
}

async function benchmark(modelPackage: string, { rounds, seconds }: Settings): Promise<Comparison> {
  const post = jsonPost(modelPackage);
  const asked = { modelPackage, post };
  const limit = bareHttp(await answerSize({ factory: modelship, ...asked }));
  return compare('requests/s', rounds, [
    throughputSide('FastAPI + onnxruntime', { factory: fastApi, ...asked }, { seconds }),
    throughputSide('Modelship', { factory: modelship, ...asked }, { seconds }),
    throughputSide('bare node:http, bodies of the same size (limit)', { factory: limit, ...asked }, { seconds }),
  ]);
}

function answerSize(served: Served): Promise<number> {
  return serving(served, async (port) => (await untilAnswered(port, served.post)).length);
}
