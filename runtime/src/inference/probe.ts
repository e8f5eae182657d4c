import type { LoadedModel } from '../engines/engine.js';
import { isBatchable, joinRows, rowsOf } from './batch.js';
import type { Tensor } from './tensor.js';

/** Sizes that are tried. Above the last, waiting for more rows to compute costs more than it saves. */
const BATCH_SIZES = [4, 16, 64] as const;

/** A larger batch is used only if a row costs at most this share of what it costs in the smaller one. */
const WORTHWHILE = 0.9;

/** No longer than this is spent on one size, so that a slow model starts as fast as it can. */
const MAX_PROBE_MS = 250;

/** A run that takes longer goes to a thread of its own: crossing over costs about 70 us, a held event loop much more. */
const MAX_INLINE_MS = 0.3;

/**
 * Moves a model whose runs would hold the event loop to a thread of its own.
 *
 * @param example inputs of one request, such as a golden sample's
 */
export async function offloadIfLong(model: LoadedModel, example: readonly Tensor[] | undefined): Promise<void> {
  if (!example || !model.offload) return;
  if ((await fastest(model, example)) > MAX_INLINE_MS) await model.offload();
}

/**
 * Measures how many rows the model should run together. On a processor batching makes small models faster and large
 * convolutions slower, which only a run can tell.
 *
 * @param example inputs of one request, such as a golden sample's
 * @returns 1 if batches are of no use, or cannot be made
 */
export async function probeBatchRows(model: LoadedModel, example: readonly Tensor[] | undefined): Promise<number> {
  const signature = model.signatures.serving_default!;
  if (!example || !isBatchable(signature)) return 1;
  const rows = rowsOf(example);
  if (rows === undefined) return 1;
  let best = rows;
  let bestCost = (await fastest(model, example)) / rows;
  for (const copies of BATCH_SIZES) {
    const size = rows * copies;
    if (bestCost * size > MAX_PROBE_MS) break;
    const joined = joinRows(new Array<readonly Tensor[]>(copies).fill(example), size);
    const cost = (await fastest(model, joined)) / size;
    if (cost > bestCost * WORTHWHILE) break;
    best = size;
    bestCost = cost;
  }
  return best;
}

async function fastest(model: LoadedModel, inputs: readonly Tensor[]): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt++) {
    const since = performance.now();
    await model.run(inputs);
    best = Math.min(best, performance.now() - since);
  }
  return best;
}
