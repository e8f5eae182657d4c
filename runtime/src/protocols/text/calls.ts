import type { ServedModel } from '../../models/served-model.js';
import { InferenceError } from '../../tensor/errors.js';
import { OBJECTS } from '../../tensor/object-limit.js';
import type { Cancellation, TextOptions, TextUsage } from '../../tensor/request.js';
import { DEFAULT_SIGNATURE, type Tensor } from '../../tensor/tensor.js';

import { BadRequest } from './bad-request.js';
import { isOf, type TaskModel } from './task-model.js';

/** Maximum number of texts of a request. OpenAI's API has the same limit. */
export const MAX_TEXTS = 2048;

/** Options and cancellation of a call. */
export interface CallOptions extends TextOptions {
  readonly signal?: Cancellation;
}

/** Vectors of texts, as a tensor of the shape `[texts, width]`. */
export interface Embeddings {
  readonly vectors: Tensor;
  readonly width: number;
  readonly usage: TextUsage;
}

/** Scores as a tensor. */
export interface Scores {
  readonly scores: Tensor;
  readonly usage: TextUsage;
}

/** Checks the number of texts of a request. @throws BadRequest, or InferenceError `OUT_OF_RANGE` */
export function checkCount(texts: readonly unknown[], field: string): void {
  if (texts.length === 0) throw new BadRequest(`\`${field}\` must not be empty`, true);
  if (texts.length > MAX_TEXTS) {
    throw new InferenceError('OUT_OF_RANGE', `\`${field}\` must have at most ${MAX_TEXTS} texts, got ${texts.length}`);
  }
}

/** Turns texts into vectors. @throws InferenceError */
export async function embed(
  model: TaskModel<'embed'>,
  texts: readonly string[],
  options: CallOptions,
): Promise<Embeddings> {
  const { scores: vectors, usage } = await run(model, [texts], options);
  return { vectors, width: vectors.shape[1]!, usage };
}

/** Scores how well each text matches the query at the same position. @throws InferenceError */
export async function rerank(
  model: TaskModel<'rerank'>,
  queries: readonly string[],
  texts: readonly string[],
  options: CallOptions,
): Promise<Scores> {
  return run(model, [queries, texts], options);
}

/** Scores each class for each text. Returns the scores in the order of the model's labels. @throws InferenceError */
export async function classify(
  model: TaskModel<'text_classification'>,
  texts: readonly string[],
  options: CallOptions,
): Promise<Scores> {
  return run(model, [texts], options);
}

/**
 * Runs a model whose inputs are texts, and returns all its outputs.
 *
 * @param columns texts of each input. An input with several texts for each row has a list of lists
 * @throws InferenceError
 */
export async function runTexts(
  model: ServedModel,
  columns: readonly (readonly string[] | readonly (readonly string[])[])[],
  { signal, ...text }: CallOptions,
): Promise<{ readonly outputs: readonly Tensor[]; readonly usage: TextUsage }> {
  const specs = model.signatures[DEFAULT_SIGNATURE]!.inputs;
  // Equal texts share their bytes, because each row of a request may repeat a long query.
  const known = new Map<string, Buffer>();
  const bytesOf = (text: string) => {
    const bytes = known.get(text) ?? Buffer.from(text);
    known.set(text, bytes);
    return bytes;
  };
  const inputs = columns.map((column, index): Tensor => {
    const { name, shape } = specs[index]!;
    checkCells(column, name);
    const data = column.flat().map(bytesOf);
    const rows = column.length;
    return { name, datatype: 'BYTES', shape: shape.length === 1 ? [rows] : [rows, data.length / rows], data };
  });
  try {
    const { outputs, usage = { tokens: 0, truncated: 0 } } = await model.infer({ inputs, text, signal });
    checkScores(model, outputs);
    return { outputs, usage };
  } catch (error) {
    // The servers that these protocols come from report a full queue with 429.
    if (error instanceof InferenceError && error.code === 'UNAVAILABLE' && model.isReady) {
      throw new InferenceError('RESOURCE_EXHAUSTED', error.message, error.retryAfterSeconds);
    }
    throw error;
  }
}

/** Checks that scores can be compared and written as JSON. The writer of dense vectors checks theirs. @throws InferenceError */
function checkScores(model: ServedModel, outputs: readonly Tensor[]): void {
  if (isOf(model, 'embed') && model.manifest.task.pooling !== 'splade') return;
  for (const { datatype, data } of outputs) {
    const wrong = datatype === 'FP32' && (data as Float32Array).find((score) => !Number.isFinite(score));
    if (typeof wrong !== 'number') continue;
    throw new InferenceError('FAILED_PRECONDITION', `model ${model.name} returned the score ${wrong}`);
  }
}

/** Checks the number of texts of an input, before any memory is taken for them. @throws InferenceError `OUT_OF_RANGE` */
function checkCells(column: readonly (string | readonly string[])[], name: string): void {
  const count = column.reduce((sum, row) => sum + (typeof row === 'string' ? 1 : row.length), 0);
  if (count <= OBJECTS) return;
  throw new InferenceError(
    'OUT_OF_RANGE',
    `the ${column.length} rows of the input ${name} have ${count} texts, at most ${OBJECTS} are allowed: send them in ` +
      'several requests',
  );
}

/** Runs a model with one output of numbers. */
async function run(model: ServedModel, columns: readonly (readonly string[])[], options: CallOptions): Promise<Scores> {
  const { outputs, usage } = await runTexts(model, columns, options);
  return { scores: outputs[0]!, usage };
}
