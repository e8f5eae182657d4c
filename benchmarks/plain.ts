import { type PlainModel, plainModels } from './support/models.js';
import { type Comparison, compare } from './support/pairs.js';
import { jsonPost } from './support/posts.js';
import { fastApi, fastApiFramework, modelship, modelshipPython } from './support/servers.js';
import { throughputSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** Callers at once: one alone, a few, and as many as in the other benchmarks. */
const CALLERS = [1, 4, 32];

/** Predictions a second of each format, packed without samples, beside FastAPI around the same model. */
export async function benchmarkPlain(settings: Settings): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const model of await plainModels()) {
    for (const callers of CALLERS) comparisons.push(await benchmark(model, callers, settings));
  }
  return comparisons;
}

async function benchmark(
  { framework, plain, sampled }: PlainModel,
  connections: number,
  { rounds, seconds }: Settings,
): Promise<Comparison> {
  const asked = { modelPackage: plain, post: jsonPost(sampled) };
  const [peer, ours] = framework === 'onnxruntime' ? [fastApi, modelship] : [fastApiFramework, modelshipPython];
  const load = { seconds, connections };
  return compare(`requests/s, ${connections} callers`, rounds, [
    throughputSide(`FastAPI + ${framework}`, { factory: peer, ...asked }, load),
    throughputSide('Modelship', { factory: ours, ...asked }, load),
  ]);
}
