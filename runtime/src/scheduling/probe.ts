import type { EngineOptions, LoadedModel, RowLengths } from '../engines/engine.js';
import { availableProcessors, shareOf } from '../host-limits.js';
import { TENSORS_SIGNATURE } from '../manifest/index.js';
import { isBatchable, joinRows, rowsOf } from '../tensor/batch.js';
import type { Tolerance } from '../tensor/difference.js';
import { InferenceError } from '../tensor/errors.js';
import { DEFAULT_SIGNATURE, type Signature, shapeFits, type Tensor } from '../tensor/tensor.js';
import { differenceTogether } from './independence.js';

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

/** Applies the result of another process to a model, whose runs then take no time at startup. */
export async function applyTrial(model: LoadedModel, { threads, batching }: Trial): Promise<void> {
  if (threads !== undefined) await model.offload?.(threads);
  if (batching.rowsByLength) model.lengths?.limitRows(rowsForLength(batching.rowsByLength));
}

/**
 * Moves a model to its own thread if its runs would block the event loop. A run uses as many threads as make it faster.
 * A model without an example counts as slow.
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
  const inlineMs = example ? await fastest(model, example) : Number.POSITIVE_INFINITY;
  if (inlineMs <= MAX_INLINE_MS) return undefined;
  const most = threads ?? shareOf(availableProcessors(), processes);
  await model.offload(most);
  if (!example || threads !== undefined || most === 1) return most;
  if ((await fastest(model, example)) <= inlineMs * WORTHWHILE) return most;
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

/** Returns the maximum number of rows of a batch with a request. @returns undefined if it does not depend on the request */
export function maxRowsWith(
  { lengths }: LoadedModel,
  { rowsByLength }: Batching,
): ((inputs: readonly Tensor[]) => number) | undefined {
  if (!lengths || !rowsByLength) return undefined;
  const rowsFor = rowsForLength(rowsByLength);
  return (inputs) => rowsFor(lengths.estimate(inputs));
}

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
 * other responses are never batched.
 *
 * @param examples inputs of requests, such as the golden samples
 * @param tolerance maximum difference between a response from a batch and the response to the same request alone
 * @param isMadeUp whether the examples are made up, so that they prove something only if their responses differ
 */
export async function probeBatching(
  model: LoadedModel,
  examples: readonly (readonly Tensor[])[],
  tolerance: Tolerance,
  isMadeUp = false,
): Promise<Batching> {
  const rowsByLength = model.lengths && (await measureLengths(model, model.lengths));
  const maxRows = rowsByLength ? rowsByLength[0]!.rows : await batchRows(model, examples[0]);
  if (maxRows === 1) return ALONE;
  // From here on, texts run together, so that the test below compares texts that are padded.
  if (rowsByLength) model.lengths!.limitRows(rowsForLength(rowsByLength));
  if (model.givesOtherRows) {
    return { ...ALONE, obstacle: 'according to its dimension names, its outputs have different rows than its inputs' };
  }
  const signatures: string[] = [];
  let obstacle: string | undefined;
  for (const [signatureName, signature] of Object.entries(model.signatures)) {
    const fitting = isBatchable(signature) ? examplesFor(signature, examples) : [];
    if (fitting.length === 0) continue;
    const trial = { model, signatureName, examples: fitting, tolerance, maxRows, needsDifferentResponses: isMadeUp };
    const difference = await differenceTogether(trial);
    if (difference === undefined) signatures.push(signatureName);
    else obstacle ??= `batched requests of ${signatureName} get other predictions than when run alone: ${difference}`;
  }
  if (!rowsByLength) return signatures.length > 0 ? { maxRows, signatures, obstacle } : { ...ALONE, obstacle };
  if (!signatures.includes(DEFAULT_SIGNATURE)) {
    model.lengths!.limitRows(() => 1);
    return { ...ALONE, obstacle };
  }
  return { maxRows, signatures, rowsByLength, obstacle };
}

/** Lengths to measure a model of texts with, in tokens. */
const LENGTHS = [16, 64, 256] as const;

/** Maximum expected milliseconds of a run to measure one length. There are several of them. */
const MAX_LENGTH_PROBE_MS = 100;

/**
 * Measures how many rows should run together by their length. Long texts keep the processor busy alone, and cost more
 * together than one after another.
 */
async function measureLengths(model: LoadedModel, { example, max }: RowLengths): Promise<RowsByLength> {
  const measured: RowsByLength[number][] = [];
  for (const tokens of LENGTHS) {
    const inputs = example(Math.min(tokens, max));
    const rows = await batchRows(model, inputs, TENSORS_SIGNATURE, MAX_LENGTH_PROBE_MS);
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

/**
 * Returns the number of rows that the model should run together. On a CPU, batching makes small models faster and large
 * convolutions slower, so only a measurement can decide.
 *
 * @returns 1 if batches bring no gain or are not possible
 */
async function batchRows(
  model: LoadedModel,
  example: readonly Tensor[] | undefined,
  signatureName: string = DEFAULT_SIGNATURE,
  maxProbeMs = MAX_PROBE_MS,
): Promise<number> {
  const signature = model.signatures[signatureName]!;
  if (!example || !isBatchable(signature)) return 1;
  const rows = rowsOf(example);
  if (rows === undefined) return 1;
  let best = rows;
  let bestCost = (await fastest(model, example, signatureName)) / rows;
  for (const copies of BATCH_SIZES) {
    const size = rows * copies;
    if (bestCost * size > maxProbeMs) break;
    const joined = joinRows(new Array<readonly Tensor[]>(copies).fill(example), size);
    const cost = (await fastest(model, joined, signatureName).catch(tooLarge)) / size;
    if (cost > bestCost * WORTHWHILE) break;
    best = size;
    bestCost = cost;
  }
  return best;
}

/** Treats a rejected batch as infinitely slow, because some models were exported with a maximum number of rows. */
function tooLarge(error: unknown): number {
  if (error instanceof InferenceError) return Number.POSITIVE_INFINITY;
  throw error;
}

async function fastest(model: LoadedModel, inputs: readonly Tensor[], signatureName?: string): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt++) {
    const since = performance.now();
    await model.run(inputs, signatureName);
    best = Math.min(best, performance.now() - since);
  }
  return best;
}
