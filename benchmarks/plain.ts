import { type PlainFormat, plainModel } from './support/models.js';
import { type Comparison, compare } from './support/pairs.js';
import { jsonPost } from './support/posts.js';
import { fastApi, fastApiFramework, modelship, modelshipPython } from './support/servers.js';
import { throughputSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** Callers at once, one alone, a few, and as many as in the other benchmarks, and the target for each. */
const TARGETS = [
  { connections: 1, atLeast: 1 },
  { connections: 4, atLeast: 1.5 },
  { connections: 32, atLeast: 4 },
];

/** Predictions a second of a model that is packed without samples, beside FastAPI around the same model. */
export async function benchmarkPlain(format: PlainFormat, settings: Settings): Promise<Comparison[]> {
  const { framework, plain, sampled } = await plainModel(format);
  const asked = { modelPackage: plain, post: jsonPost(sampled) };
  const [peer, ours] = format === 'onnx' ? [fastApi, modelship] : [fastApiFramework, modelshipPython];
  const comparisons: Comparison[] = [];
  for (const { connections, atLeast } of TARGETS) {
    const load = { ...settings, connections };
    comparisons.push(
      await compare(
        `requests/s, ${connections} callers`,
        settings.rounds,
        [
          throughputSide(`FastAPI + ${framework}`, { factory: peer, ...asked }, load),
          throughputSide('Modelship', { factory: ours, ...asked }, load),
        ],
        [{ side: 'Modelship', atLeast }],
      ),
    );
  }
  return comparisons;
}
