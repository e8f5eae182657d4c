import type { LoadedModel } from '../engines/engine.js';
import { joinRows, rowsOf, sameRowShape, splitRows } from '../tensor/batch.js';
import { allocate, type TensorData } from '../tensor/datatype.js';
import { differenceBetween, type Tolerance } from '../tensor/difference.js';
import { InferenceError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';

/** Maximum number of different rows that a test batch repeats in turn. */
const DIFFERENT_ROWS = 4;

const EXACT: Tolerance = { absolute: 0, relative: 0 };

/** A model signature to test for batching. */
export interface Trial {
  readonly model: LoadedModel;
  readonly signatureName: string;
  /**
   * Inputs of requests, such as the golden samples. If they have too few rows, the test derives more from the first
   * row.
   */
  readonly examples: readonly (readonly Tensor[])[];
  /** Maximum difference between a response from a batch and the response to the same request alone. */
  readonly tolerance: Tolerance;
  /** Number of rows in a test batch. */
  readonly maxRows: number;
  /** Whether equal responses to all examples prove nothing, because the examples are made up. @default false */
  readonly needsDifferentResponses?: boolean;
  /** Ends the test before its next run, with the reason of the signal. @default - the test is not ended */
  readonly signal?: AbortSignal;
}

interface Example {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/**
 * Tests whether batched requests get the same responses as separate requests. Models that rank, normalize or filter
 * along the first dimension respond differently, and their shapes rarely show it.
 *
 * @returns a description of the difference, or undefined if there is none
 */
export async function differenceTogether(trial: Trial): Promise<string | undefined> {
  const { tolerance, maxRows } = trial;
  const asked = await runSeparately(trial);
  if (asked.length < 2) return 'the model accepts no two different rows to compare';
  if (trial.needsDifferentResponses && asked.every((each) => isSameResponse(each, asked[0]!))) {
    return 'the model responds alike to all made-up rows; pack it with `--samples`';
  }
  const odd = asked.flatMap(({ outputs }) => outputs).find(({ shape }) => shape[0] !== 1);
  if (odd) return `${odd.name} has shape [${odd.shape}] for one row`;
  // The test also runs in reverse order, because rows that are already sorted do not reveal a model that sorts them.
  for (const order of [asked, asked.toReversed()]) {
    const batch = Array.from({ length: maxRows }, (_, index) => order[index % order.length]!);
    const joined = joinRows(
      batch.map(({ inputs }) => inputs),
      maxRows,
    );
    const outputs = await run(trial, joined);
    if (!outputs) return `the model rejects ${maxRows} different rows`;
    const parts = splitRows(outputs, singles(maxRows), maxRows);
    if (!parts) return `the outputs have a different number of rows than the inputs`;
    for (const [index, part] of parts.entries()) {
      const difference = firstDifference(part, batch[index]!.outputs, tolerance);
      if (difference !== undefined) return difference;
    }
  }
  return undefined;
}

/** Runs different requests of one row and one shape separately, and returns each with its response. */
async function runSeparately(trial: Trial): Promise<Example[]> {
  const asked: Example[] = [];
  const rows = trial.examples.flatMap(rowByRow);
  const first = rows[0];
  if (first === undefined) return asked;
  for (const inputs of [...rows, ...variationsOf(first)]) {
    if (asked.length === DIFFERENT_ROWS) break;
    if (!sameRowShape(inputs, first)) continue;
    if (asked.some((other) => firstDifference(inputs, other.inputs, EXACT) === undefined)) continue;
    const outputs = await run(trial, inputs);
    if (outputs) asked.push({ inputs, outputs });
  }
  return asked;
}

function isSameResponse(one: Example, other: Example): boolean {
  return firstDifference(one.outputs, other.outputs, EXACT) === undefined;
}

/** Splits an example into one request per row. */
function rowByRow(example: readonly Tensor[]): Tensor[][] {
  const rows = rowsOf(example) ?? 0;
  return splitRows(example, singles(rows), rows) ?? [];
}

const singles = (rows: number) => new Array<number>(rows).fill(1);

/** Runs the model. @returns the outputs, or undefined if the model rejects the inputs */
async function run({ model, signatureName, signal }: Trial, inputs: readonly Tensor[]) {
  signal?.throwIfAborted();
  try {
    return await model.run(inputs, signatureName);
  } catch (error) {
    if (error instanceof InferenceError) return undefined;
    throw error;
  }
}

/**
 * Returns requests like `example` with other values, each no further from 0 than the original. Larger values could be
 * invalid if they are indices into a table.
 */
function variationsOf(example: readonly Tensor[]): Tensor[][] {
  const changes = [halved, rotated, ({ datatype, data }: Tensor) => allocate(datatype, data.length)];
  return changes.map((change) => example.map((tensor) => ({ ...tensor, data: change(tensor) })));
}

function halved({ data }: Tensor): TensorData {
  if (Array.isArray(data)) return data.map((bytes) => bytes.subarray(0, bytes.length / 2));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return data.map((value) => value / 2n);
  return data.map((value) => value / 2);
}

function rotated({ data }: Tensor): TensorData {
  if (Array.isArray(data)) return [...data.slice(1), ...data.slice(0, 1)];
  const moved = data.slice() as Float32Array;
  moved.set(data.subarray(1) as Float32Array);
  moved.set(data.subarray(0, 1) as Float32Array, Math.max(0, data.length - 1));
  return moved;
}

function firstDifference(got: readonly Tensor[], wanted: readonly Tensor[], tolerance: Tolerance): string | undefined {
  for (const [index, tensor] of wanted.entries()) {
    const difference = differenceBetween(got[index]!, tensor, tolerance);
    if (difference !== undefined) return difference;
  }
  return undefined;
}
