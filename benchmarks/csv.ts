import { IRIS } from './support/models.js';
import { type Comparison, compare } from './support/pairs.js';
import { csvPost } from './support/posts.js';
import { fastApiCsv, modelship } from './support/servers.js';
import { throughputSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** Rows of a request. */
const ROWS = [1, 100, 10_000];

/** Requests a second of iris by CSV in both directions, 32 connections, beside FastAPI with pandas. */
export async function benchmarkCsv(settings: Settings): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const rows of ROWS) {
    const asked = { modelPackage: IRIS, post: csvPost(IRIS, rows) };
    comparisons.push(
      await compare(
        `requests/s, ${rows} rows`,
        settings.rounds,
        [
          throughputSide('FastAPI + pandas + onnxruntime', { factory: fastApiCsv, ...asked }, settings),
          throughputSide('Modelship', { factory: modelship, ...asked }, settings),
        ],
        [{ side: 'Modelship', atLeast: 5 }],
      ),
    );
  }
  return comparisons;
}
