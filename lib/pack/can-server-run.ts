import { isDeepStrictEqual } from 'node:util';
import type { Tensor } from '@modelship/runtime';
import type { ModelFormat } from '@modelship/runtime/manifest';
import { type LoadedModel, loadTrees, type Sample } from '@modelship/runtime/serve';

/** Number of rows that both predict in addition to the samples. */
const ROWS = 1000;

/**
 * Whether the server itself predicts what the Python worker of a model predicts, bit for bit: for the samples, and for
 * rows at the thresholds of its trees. The model is then served without Python.
 */
export async function canServerRun(
  path: string,
  format: ModelFormat,
  worker: LoadedModel,
  samples: readonly Sample[],
): Promise<boolean> {
  const own = format === 'xgboost' ? await loadTrees(path) : undefined;
  if (!own || !isDeepStrictEqual(own.signatures, worker.signatures)) return false;
  const requests: (readonly Tensor[])[] = [[own.edgeRows(ROWS)], ...samples.map(({ inputs }) => inputs)];
  for (const inputs of requests) {
    if (!isDeepStrictEqual(await own.run(inputs), await worker.run(inputs))) return false;
  }
  return true;
}
