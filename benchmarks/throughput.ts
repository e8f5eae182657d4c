import { IRIS, mlp } from './support/models.js';
import { type Comparison, compare, type Side, type Target } from './support/pairs.js';
import { inferPost, invocationsPost, jsonPost } from './support/posts.js';
import { untilAnswered } from './support/process.js';
import { bareHttp, bentoMl, fastApi, litServe, mlflow, mlServer, modelship, rayServe } from './support/servers.js';
import { type Served, serving, throughputSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

const LIMIT = 'bare node:http, bodies of the same size (limit)';

/** Predictions a second by JSON over 32 connections: a model that costs next to nothing. */
export function benchmarkThroughput(settings: Settings): Promise<Comparison> {
  const iris = { modelPackage: IRIS, post: jsonPost(IRIS) };
  const targets: Target[] = [
    { side: 'Modelship', atLeast: 9, of: 'lower quartile' },
    { side: 'Modelship', to: LIMIT, atLeast: 0.61 },
  ];
  return benchmark(IRIS, settings, targets, [
    throughputSide('LitServe + onnxruntime', { factory: litServe, ...iris }, settings),
    throughputSide('BentoML + onnxruntime', { factory: bentoMl, ...iris }, settings),
    throughputSide('MLServer + onnxruntime', { factory: mlServer, ...iris, post: inferPost(IRIS) }, settings),
    throughputSide('MLflow + onnxruntime', { factory: mlflow, ...iris, post: invocationsPost(IRIS) }, settings),
  ]);
}

/** The same with a model that costs as much as its request. */
export async function benchmarkMlpThroughput(settings: Settings): Promise<Comparison> {
  return benchmark(await mlp('mlp.onnx'), settings, []);
}

/** Iris beside Ray Serve, which takes half a minute to start. */
export function benchmarkRay(settings: Settings): Promise<Comparison> {
  const asked = { modelPackage: IRIS, post: jsonPost(IRIS) };
  return compare('requests/s', settings.rounds, [
    throughputSide('Ray Serve + onnxruntime', { factory: rayServe, ...asked }, settings),
    throughputSide('Modelship', { factory: modelship, ...asked }, settings),
  ]);
}

async function benchmark(
  modelPackage: string,
  settings: Settings,
  targets: readonly Target[],
  others: readonly Side[] = [],
): Promise<Comparison> {
  const asked = { modelPackage, post: jsonPost(modelPackage) };
  const limit = bareHttp(await answerSize({ factory: modelship, ...asked }));
  return compare(
    'requests/s',
    settings.rounds,
    [
      throughputSide('FastAPI + onnxruntime', { factory: fastApi, ...asked }, settings),
      throughputSide('Modelship', { factory: modelship, ...asked }, settings),
      throughputSide(LIMIT, { factory: limit, ...asked }, settings),
      ...others,
    ],
    targets,
  );
}

function answerSize(served: Served): Promise<number> {
  return serving(served, async (port) => (await untilAnswered(port, served.post)).length);
}
