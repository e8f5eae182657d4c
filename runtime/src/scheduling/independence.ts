import type { LoadedModel } from '../engines/engine.js';
import { joinRows, rowsOf, sameRowShape, splitRows } from '../tensor/batch.js';
import { allocate, type TensorData } from '../tensor/datatype.js';
import { differenceBetween, type Tolerance } from '../tensor/difference.js';
import { InferenceError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';

/** So many different rows are joined, in turn. */
const DIFFERENT_ROWS = 4;

const EXACT: Tolerance = { absolute: 0, relative: 0 };

/** What is tried. */
export interface Trial {
  readonly model: LoadedModel;
  readonly signatureName: string;
  /** Inputs of requests, such as the golden samples'; rows like the first are made up where these have few. */
  readonly examples: readonly (readonly Tensor[])[];
  /** How far an answer may be from that of the request alone. */
  readonly tolerance: Tolerance;
  /** Rows that are to run together. */
  readonly maxRows: number;
}

interface Asked {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/**
 * Finds out whether requests that run together get what each gets alone. Models that rank, normalize or filter along the
 * first dimension give other answers, and mostly no shape tells so.
 *
 * @returns what is different, in words; undefined if nothing is
 */
export async function differenceTogether(trial: Trial): Promise<string | undefined> {
  const { model, signatureName, tolerance, maxRows } = trial;
  const asked = await askAlone(trial);
  if (asked.length < 2) return 'the model takes no two different rows to compare';
  const odd = asked.flatMap(({ outputs }) => outputs).find(({ shape }) => shape[0] !== 1);
  if (odd) return `${odd.name} has shape [${odd.shape}] for one row`;
  // Backwards too, because what is in order already stays so when it is sorted.
  for (const order of [asked, asked.toReversed()]) {
    const batch = Array.from({ length: maxRows }, (_, index) => order[index % order.length]!);
    const joined = joinRows(
      batch.map(({ inputs }) => inputs),
      maxRows,
    );
    const outputs = await run(model, joined, signatureName);
    if (!outputs) return `the model refuses ${maxRows} different rows`;
    const parts = splitRows(outputs, singles(maxRows), maxRows);
    if (!parts) return `outputs have other rows than inputs`;
    for (const [index, part] of parts.entries()) {
      const difference = firstDifference(part, batch[index]!.outputs, tolerance);
      if (difference !== undefined) return difference;
    }
  }
  return undefined;
}

/** Different requests of one row and one shape, each with what it gets alone. */
async function askAlone({ model, signatureName, examples }: Trial): Promise<Asked[]> {
  const asked: Asked[] = [];
  const rows = examples.flatMap(rowByRow);
  const first = rows[0];
  if (first === undefined) return asked;
  for (const inputs of [...rows, ...variationsOf(first)]) {
    if (asked.length === DIFFERENT_ROWS) break;
    if (!sameRowShape(inputs, first)) continue;
    if (asked.some((other) => firstDifference(inputs, other.inputs, EXACT) === undefined)) continue;
    const outputs = await run(model, inputs, signatureName);
    if (outputs) asked.push({ inputs, outputs });
  }
  return asked;
}

/** Each row of an example as a request. */
function rowByRow(example: readonly Tensor[]): Tensor[][] {
  const rows = rowsOf(example) ?? 0;
  return splitRows(example, singles(rows), rows) ?? [];
}

const singles = (rows: number) => new Array<number>(rows).fill(1);

/** @returns undefined if the model refuses the inputs */
async function run(model: LoadedModel, inputs: readonly Tensor[], signatureName: string) {
  try {
    return await model.run(inputs, signatureName);
  } catch (error) {
    if (error instanceof InferenceError) return undefined;
    throw error;
  }
}

/** Requests like this with other values, none further from 0 than its own: those may be numbers of rows in a table. */
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
