import { irisPickle, mlp } from './support/models.js';
import { type Comparison, compare } from './support/pairs.js';
import { jsonPost } from './support/posts.js';
import { fastApiFramework, modelshipPython } from './support/servers.js';
import { throughputSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** Predictions a second of a scikit-learn pipeline: one worker process of ours beside FastAPI in one process. */
export async function benchmarkPickle(settings: Settings): Promise<Comparison> {
  return benchmark('scikit-learn', await irisPickle(), settings);
}

/** The same of a TorchScript program. */
export async function benchmarkTorchScript(settings: Settings): Promise<Comparison> {
  return benchmark('PyTorch', await mlp('mlp.pt'), settings);
}

/** The same of a SavedModel. */
export async function benchmarkSavedModel(settings: Settings): Promise<Comparison> {
  return benchmark('TensorFlow', await mlp('mlp_saved_model'), settings);
}

/** Our server and its worker share the processor that FastAPI has for itself. */
function benchmark(framework: string, modelPackage: string, settings: Settings): Promise<Comparison> {
  const asked = { modelPackage, post: jsonPost(modelPackage) };
  return compare('requests/s', settings.rounds, [
    throughputSide(`FastAPI + ${framework}`, { factory: fastApiFramework, ...asked }, settings),
    throughputSide('Modelship', { factory: modelshipPython, ...asked }, settings),
  ]);
}
