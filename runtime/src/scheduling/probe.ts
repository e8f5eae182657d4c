import { availableParallelism } from 'node:os';
import type { LoadedModel } from '../engines/engine.js';
import { isBatchable, joinRows, rowsOf } from '../tensor/batch.js';
import type { Tolerance } from '../tensor/difference.js';
import { InferenceError } from '../tensor/errors.js';
import { type Signature, shapeFits, type Tensor } from '../tensor/tensor.js';
import { differenceTogether } from './independence.js';

/** Sizes that are tried. Above the last, waiting for more rows to compute costs more than it saves. */
const BATCH_SIZES = [4, 16, 64] as const;

/** A larger batch, or more threads, are used only if a row costs at most this share of what it costs without. */
const WORTHWHILE = 0.9;

/** No longer than this is spent on one size, so that a slow model starts as fast as it can. */
const MAX_PROBE_MS = 250;

/** A run that takes longer goes to a thread of its own: crossing over costs about 70 us, a held event loop much more. */
const MAX_INLINE_MS = 0.3;

/**
 * Moves a model whose runs would hold the event loop to a thread of its own, with as many threads for one run as make it
 * faster. A model that cannot be tried is taken for a long one.
 *
 * @param example inputs of one request, such as a golden sample's
 * @param threads for one run. @default all the CPUs the process may use, if they make it faster, and else one
 */
export async function placeModel(
  model: LoadedModel,
  example: readonly Tensor[] | undefined,
  threads?: number,
): Promise<void> {
  if (!model.offload) return;
  const inlineMs = example ? await fastest(model, example) : Number.POSITIVE_INFINITY;
  if (inlineMs <= MAX_INLINE_MS) return;
  const most = threads ?? availableParallelism();
  await model.offload(most);
  if (!example || threads !== undefined || most === 1) return;
  if ((await fastest(model, example)) > inlineMs * WORTHWHILE) await model.offload(1);
}

/** How requests of a model run together. */
export interface Batching {
  /** Rows that run together at most; 1 if none do. */
  readonly maxRows: number;
  /** Names of the signatures whose requests run together. */
  readonly signatures: readonly string[];
  /** Why requests run alone though it would be faster if they did not. @default they do not run alone */
  readonly obstacle?: string;
}

const ALONE: Batching = { maxRows: 1, signatures: [] };

/**
 * Measures how many rows the model should run together, and tries whether it may: requests never run together that get
 * other answers then.
 *
 * @param examples inputs of requests, such as the golden samples'
 * @param tolerance how far an answer may be from that of the request alone
 */
export async function probeBatching(
  model: LoadedModel,
  examples: readonly (readonly Tensor[])[],
  tolerance: Tolerance,
): Promise<Batching> {
  const maxRows = await batchRows(model, examples[0]);
  if (maxRows === 1) return ALONE;
  if (model.givesOtherRows) {
    return { ...ALONE, obstacle: 'by the names of its dimensions, its outputs have other rows than its inputs' };
  }
  const signatures: string[] = [];
  let obstacle: string | undefined;
  for (const [signatureName, signature] of Object.entries(model.signatures)) {
    const fitting = isBatchable(signature) ? examplesFor(signature, examples) : [];
    if (fitting.length === 0) continue;
    const difference = await differenceTogether({ model, signatureName, examples: fitting, tolerance, maxRows });
    if (difference === undefined) signatures.push(signatureName);
    else obstacle ??= `together, different requests of ${signatureName} do not get what each gets alone: ${difference}`;
  }
  return signatures.length > 0 ? { maxRows, signatures, obstacle } : { ...ALONE, obstacle };
}

/** The examples as inputs of another signature, where they fit that too. */
function examplesFor({ inputs }: Signature, examples: readonly (readonly Tensor[])[]): Tensor[][] {
  const fitting = examples.filter(
    (example) =>
      example.length === inputs.length &&
      inputs.every(
        ({ datatype, shape }, index) =>
          example[index]!.datatype === datatype && shapeFits(example[index]!.shape, shape),
      ),
  );
  return fitting.map((example) => example.map((tensor, index) => ({ ...tensor, name: inputs[index]!.name })));
}

/**
 * How many rows the model should run together. On a processor batching makes small models faster and large convolutions
 * slower, which only a run can tell.
 *
 * @returns 1 if batches are of no use, or cannot be made
 */
async function batchRows(model: LoadedModel, example: readonly Tensor[] | undefined): Promise<number> {
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
    const cost = (await fastest(model, joined).catch(tooLarge)) / size;
    if (cost > bestCost * WORTHWHILE) break;
    best = size;
    bestCost = cost;
  }
  return best;
}

/** Some models were exported for so many rows at most. */
function tooLarge(error: unknown): number {
  if (error instanceof InferenceError) return Number.POSITIVE_INFINITY;
  throw error;
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
