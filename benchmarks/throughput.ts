import { IRIS, mlp } from './support/models.js';
import { type Comparison, compare } from './support/pairs.js';
import { jsonPost, type Post } from './support/posts.js';
import { untilAnswered } from './support/process.js';
import { bareHttp, fastApi, modelship, rayServe } from './support/servers.js';
import { serving, throughputSide } from './support/serving.js';
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
export function benchmarkRay(settings: Settings): Promise<Comparison> {
  const load = { modelPackage: IRIS, post: jsonPost(IRIS), load: { seconds: settings.seconds } };
  return compare('requests/s', settings.rounds, [
    throughputSide('Ray Serve + onnxruntime', rayServe, load),
    throughputSide('Modelship', modelship, load),
  ]);
}

async function benchmark(modelPackage: string, { rounds, seconds }: Settings): Promise<Comparison> {
  const post = jsonPost(modelPackage);
  const load = { modelPackage, post, load: { seconds } };
  return compare('requests/s', rounds, [
    throughputSide('FastAPI + onnxruntime', fastApi, load),
    throughputSide('Modelship', modelship, load),
    throughputSide(
      'bare node:http, bodies of the same size (limit)',
      bareHttp(await answerSize(modelPackage, post)),
      load,
    ),
  ]);
}

function answerSize(modelPackage: string, post: Post): Promise<number> {
  return serving(modelship, modelPackage, post, async (port) => (await untilAnswered(port, post)).length);
}
