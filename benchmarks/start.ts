import { IRIS } from './support/models.js';
import { type Comparison, compare } from './support/pairs.js';
import { inferPost, invocationsPost, jsonPost } from './support/posts.js';
import { bareNode, bentoMl, fastApi, litServe, mlflow, mlServer, modelship } from './support/servers.js';
import { startSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** From the start of the process to the first prediction. */
export function benchmarkStart(settings: Settings): Promise<Comparison> {
  const iris = { modelPackage: IRIS, post: jsonPost(IRIS) };
  return compare(
    'ms',
    settings.rounds,
    [
      startSide('FastAPI + onnxruntime', { factory: fastApi, ...iris }, settings),
      startSide('Modelship', { factory: modelship, ...iris }, settings),
      startSide('bare Node + onnxruntime (limit)', { factory: bareNode, ...iris }, settings),
      startSide('LitServe + onnxruntime', { factory: litServe, ...iris }, settings),
      startSide('BentoML + onnxruntime', { factory: bentoMl, ...iris }, settings),
      startSide('MLServer + onnxruntime', { factory: mlServer, ...iris, post: inferPost(IRIS) }, settings),
      startSide('MLflow + onnxruntime', { factory: mlflow, ...iris, post: invocationsPost(IRIS) }, settings),
    ],
    [{ side: 'Modelship', atMost: 0.38 }],
  );
}
