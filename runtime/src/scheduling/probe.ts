import type { EngineOptions, LoadedModel, RowLengths } from '../engines/engine.js';
import { availableProcessors, shareOf } from '../host-limits.js';
import { TENSORS_SIGNATURE } from '../manifest/index.js';
import { isBatchable, joinRows, rowsOf } from '../tensor/batch.js';
import type { Tolerance } from '../tensor/difference.js';
import { InferenceError } from '../tensor/errors.js';
import { DEFAULT_SIGNATURE, type Signature, shapeFits, type Tensor } from '../tensor/tensor.js';
import { differenceTogether } from './independence.js';
import type { BatchOptions } from './scheduler.js';

/** Batch sizes to measure. Above the largest, waiting for more rows costs more than it saves. */
const BATCH_SIZES = [4, 16, 64] as const;

/** Maximum cost per row, relative to the current setting, that justifies a larger batch or more threads. */
const WORTHWHILE = 0.9;

/** Maximum expected milliseconds of a run at one batch size. The limit keeps the startup of slow models short. */
const MAX_PROBE_MS = 250;

/**
 * Maximum milliseconds of a run on the event loop. Longer runs move to a thread: the switch costs about 70 us, and a
 * blocked event loop much more.
 */
const MAX_INLINE_MS = 0.3;

/** Result of the trial of a model, which another process of the server applies to its own copy. */
export interface Trial {
  /** Threads of a run outside the event loop. @default - the model runs where it was loaded */
  readonly threads?: number;
  readonly batching: Batching;
}

/** Applies the result of a trial to the rows of one request, and returns the settings for several requests. */
export function applyBatching(model: LoadedModel, { maxRows, rowsByLength, signatures }: Batching): BatchOptions {
  const { lengths } = model;
  if (!lengths || !rowsByLength) return { maxBatchRows: maxRows, batchable: signatures };
  const rowsFor = rowsForLength(rowsByLength);
  lengths.limitRows(rowsFor);
  const maxRowsWith = (inputs: readonly Tensor[]) => rowsFor(lengths.estimate(inputs));
  return { maxBatchRows: maxRows, batchable: signatures, maxRowsWith };
}

/**
 * Moves a model to its own thread if its runs would block the event loop. A run uses as many threads as make it faster.
 * A model without an example counts as slow. A model that was loaded into its own thread stays there.
 *
 * @param example inputs of one request, such as a golden sample
 * @param options threads per run, by default the process's share of the CPUs if they make runs faster, otherwise one
 * @returns threads of a run outside the event loop; undefined if the model was not moved
 */
export async function placeModel(
  model: LoadedModel,
  example: readonly Tensor[] | undefined,
  { threads, processes = 1 }: Pick<EngineOptions, 'threads' | 'processes'> = {},
): Promise<number | undefined> {
  if (!model.offload) return undefined;
  if (example && (await leastCost(model, example)) <= MAX_INLINE_MS) return undefined;
  const most = threads ?? shareOf(availableProcessors(), processes);
  const isCompared = example !== undefined && threads === undefined && most > 1;
  // Several threads take more processor time than one, and less time.
  const inlineMs = isCompared ? await leastTime(model, example) : 0;
  await model.offload(most);
  if (!isCompared || (await leastTime(model, example)) <= inlineMs * WORTHWHILE) return most;
  await model.offload(1);
  return 1;
}

/** Batching settings of a model. */
export interface Batching {
  /** Maximum number of rows per batch; 1 disables batching. */
  readonly maxRows: number;
  /** Names of the signatures whose requests can be batched. */
  readonly signatures: readonly string[];
  /** Maximum number of rows of a batch of texts, by their length. @default - `maxRows` for every request */
  readonly rowsByLength?: RowsByLength;
  /** Reason why requests are not batched although batching would be faster. @default - there is no such reason */
  readonly obstacle?: string;
}

/** Number of rows that run together at each measured length in tokens, shortest first. */
export type RowsByLength = readonly { readonly tokens: number; readonly rows: number }[];

/**
 * Maximum length of a text, relative to a measured length, that counts as that length. The length of a text that waits is
 * estimated from its bytes, often by a quarter too high, and the next measured length is four times as long.
 */
const LENGTH_MARGIN = 1.5;

/** Returns the number of rows for a length. Texts much longer than all that were measured run alone. */
function rowsForLength(rowsByLength: RowsByLength): (tokens: number) => number {
  return (tokens) => rowsByLength.find((each) => each.tokens * LENGTH_MARGIN >= tokens)?.rows ?? 1;
}

const ALONE: Batching = { maxRows: 1, signatures: [] };

/**
 * Measures the best batch size of a model, and tests whether batching changes its responses. Requests that would get
 * other responses are never batched. The model may serve requests meanwhile. Its own settings do not change:
 * {@link applyBatching} applies the result.
 *
 * @param examples inputs of requests, such as the golden samples
 * @param tolerance maximum difference between a response from a batch and the response to the same request alone
 * @param isMadeUp whether the examples are made up, so that they prove something only if their responses differ
 * @param signal ends the trial before its next run, with the reason of the signal
 */
export async function probeBatching(
  model: LoadedModel,
  examples: readonly (readonly Tensor[])[],
  tolerance: Tolerance,
  isMadeUp = false,
  signal?: AbortSignal,
): Promise<Batching> {
  if (model.maxRequests !== undefined) {
    return { maxRows: model.maxRequests, signatures: Object.keys(model.signatures) };
  }
  const rowsByLength = model.lengths && (await measureLengths(model, model.lengths, signal));
  const maxRows = rowsByLength ? rowsByLength[0]!.rows : await batchRows(model, examples[0], { signal });
  if (maxRows === 1) return ALONE;
  if (model.givesOtherRows) {
    return { ...ALONE, obstacle: 'according to its dimension names, its outputs have different rows than its inputs' };
  }
  // Texts run together in the test below, so that it compares texts that are padded.
  const together = rowsByLength ? model.lengths!.withRows(rowsForLength(rowsByLength)) : model;
  const signatures: string[] = [];
  let obstacle: string | undefined;
  for (const [signatureName, signature] of Object.entries(model.signatures)) {
    const fitting = isBatchable(signature) ? examplesFor(signature, examples) : [];
    if (fitting.length === 0) continue;
    const difference = await differenceTogether({
      model: together,
      signatureName,
      examples: fitting,
      tolerance,
      maxRows,
      needsDifferentResponses: isMadeUp,
      signal,
    });
    if (difference === undefined) signatures.push(signatureName);
    else obstacle ??= `batched requests of ${signatureName} get other predictions than when run alone: ${difference}`;
  }
  // The default signature of a model of texts is the one whose texts run together.
  const isBatched = rowsByLength ? signatures.includes(DEFAULT_SIGNATURE) : signatures.length > 0;
  if (!isBatched) return { ...ALONE, obstacle };
  return { maxRows, signatures, ...(rowsByLength && { rowsByLength }), obstacle };
}

/** Lengths to measure a model of texts with, in tokens. */
const LENGTHS = [16, 64, 256] as const;

/** Maximum expected milliseconds of a run to measure one length. There are several of them. */
const MAX_LENGTH_PROBE_MS = 100;

/**
 * Measures how many rows should run together by their length. Long texts keep the processor busy alone, and cost more
 * together than one after another.
 */
async function measureLengths(
  model: LoadedModel,
  { example, max }: RowLengths,
  signal: AbortSignal | undefined,
): Promise<RowsByLength> {
  const measured: RowsByLength[number][] = [];
  for (const tokens of LENGTHS) {
    const inputs = example(Math.min(tokens, max));
    const rows = await batchRows(model, inputs, {
      signatureName: TENSORS_SIGNATURE,
      maxProbeMs: MAX_LENGTH_PROBE_MS,
      signal,
    });
    measured.push({ tokens, rows });
    if (rows === 1 || tokens >= max) break;
  }
  return measured;
}

/** Returns the examples that also fit another signature, renamed to its inputs. */
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

/** How rows of a model are measured. */
interface Measuring {
  /** @default - the default signature */
  readonly signatureName?: string;
  /** Maximum expected milliseconds of a run. @default MAX_PROBE_MS */
  readonly maxProbeMs?: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Returns the number of rows that the model should run together. On a CPU, batching makes small models faster and large
 * convolutions slower, so only a measurement can decide. Two sizes that bring no gain end the search, because one of them
 * may have been disturbed.
 *
 * @returns 1 if batches bring no gain or are not possible
 */
async function batchRows(
  model: LoadedModel,
  example: readonly Tensor[] | undefined,
  { signatureName = DEFAULT_SIGNATURE, maxProbeMs = MAX_PROBE_MS, signal }: Measuring,
): Promise<number> {
  const signature = model.signatures[signatureName]!;
  if (!example || !isBatchable(signature)) return 1;
  const rows = rowsOf(example);
  if (rows === undefined) return 1;
  const measured = [{ size: rows, cost: (await leastCost(model, example, signatureName, signal)) / rows }];
  let best = measured[0]!.cost;
  let fruitless = 0;
  for (const copies of BATCH_SIZES) {
    const size = rows * copies;
    if (best * size > maxProbeMs) break;
    const joined = joinRows(new Array<readonly Tensor[]>(copies).fill(example), size);
    const cost = (await leastCost(model, joined, signatureName, signal).catch(tooLarge)) / size;
    measured.push({ size, cost });
    fruitless = cost > best * WORTHWHILE ? fruitless + 1 : 0;
    best = Math.min(best, cost);
    if (fruitless === 2) break;
  }
  return measured.find(({ cost }) => cost * WORTHWHILE <= best)!.size;
}

/** Treats a rejected batch as infinitely slow, because some models were exported with a maximum number of rows. */
function tooLarge(error: unknown): number {
  if (error instanceof InferenceError) return Number.POSITIVE_INFINITY;
  throw error;
}

/** Number of runs of a measurement. The fastest one counts. */
const ATTEMPTS = 3;

/** Returns the milliseconds of processor time of a run, or the elapsed ones where the model cannot measure its runs. */
function leastCost(
  model: LoadedModel,
  inputs: readonly Tensor[],
  signatureName?: string,
  signal?: AbortSignal,
): Promise<number> {
  const { processorTime } = model;
  if (!processorTime) return leastTime(model, inputs, signatureName, signal);
  return least(() => processorTime.call(model, inputs), signal);
}

function leastTime(
  model: LoadedModel,
  inputs: readonly Tensor[],
  signatureName?: string,
  signal?: AbortSignal,
): Promise<number> {
  return least(async () => {
    const since = performance.now();
    await model.run(inputs, signatureName);
    return performance.now() - since;
  }, signal);
}

async function least(measure: () => Promise<number>, signal: AbortSignal | undefined): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    signal?.throwIfAborted();
    best = Math.min(best, await measure());
  }
  return best;
}
