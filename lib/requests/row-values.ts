import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Signature } from '@modelship/runtime';
import { columnsOf, IMAGE_INPUT } from '@modelship/runtime/manifest';
import type { DataRow } from '../evaluate/data-set.js';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import type { ExpectedRow } from '../evaluate/row-evaluation.js';
import type { Task } from '../evaluate/tasks/index.js';
import type { SampleTensors } from '../pack/index.js';

/** Data set, and its columns that are not inputs of the model. */
export interface RowColumns {
  /** File or folder of the data set. */
  readonly rows: string;
  /** @default - rows have no label */
  readonly label?: string | undefined;
  readonly weight?: string;
  readonly by?: string;
  readonly query?: string;
  readonly task?: Task;
  /** What to do if the data set has other columns than the model. @default - name columns by the options of `evaluate` */
  readonly advice?: string;
}

const ADVICE =
  'Name the columns of labels, weights, slices and queries with --label, --weight, --by and --query, and remove others.';

/**
 * Returns the values of the model's inputs in a batch. Columns are matched by name, or else by their order. One column of lists is
 * the only input of a model.
 */
export function columnValues(
  batch: readonly DataRow[],
  signature: Signature,
  { rows, label, weight, by, query, advice = ADVICE }: RowColumns,
): SampleTensors {
  const { values: first, place } = batch[0]!;
  const inputs = columnsOf(signature)?.filter(({ unused }) => !unused) ?? signature.inputs;
  if (takesPictures(signature)) {
    return { [IMAGE_INPUT]: { value: batch.map((row) => picture(row, dirname(rows))), row: false } };
  }
  if (inputs.every(({ name }) => Object.hasOwn(first, name))) {
    return Object.fromEntries(
      inputs.map(({ name, datatype, shape }) => {
        // An input of one column has rows of one value.
        const isNested = inputs.length === 1 && shape.length === 2 && !Array.isArray(first[name]);
        const cells = batch.map((row) => cell(row, name, datatype));
        return [name, { value: isNested ? cells.map((value) => [value]) : cells, row: false }];
      }),
    );
  }
  const all = Object.keys(first).filter((name) => ![label, weight, query].some((other) => other === name));
  const [{ datatype, shape }] = inputs as [(typeof inputs)[number]];
  const isMatrix = inputs.length === 1 && shape.length === 2;
  const width = isMatrix ? shape[1]! : inputs.length;
  const features = all.length === width ? all : all.filter((name) => name !== by);
  if (isMatrix && features.length === 1 && Array.isArray(first[features[0]!])) {
    return { '': { value: batch.map(({ values }) => values[features[0]!]), row: false } };
  }
  if (features.length !== width && !(isMatrix && width === -1)) {
    throw new EvaluationDataError(
      `${place} has ${features.length} columns for the model (${features.join(', ')}), and the model takes ` +
        `${inputs.length > 1 ? inputs.map(({ name }) => name).join(', ') : `${width}`}. ${advice}`,
    );
  }
  if (!isMatrix) {
    return Object.fromEntries(
      inputs.map(({ name, datatype: own }, index) => [
        name,
        { value: batch.map((row) => cell(row, features[index]!, own)), row: false },
      ]),
    );
  }
  return { '': { value: batch.map((row) => features.map((name) => cell(row, name, datatype))), row: false } };
}

/** Whether a model takes files of pictures. */
export function takesPictures({ inputs }: Signature): boolean {
  return inputs.length === 1 && inputs[0]!.name === IMAGE_INPUT && inputs[0]!.datatype === 'BYTES';
}

/** Returns the picture that a row names, in base64. Paths are relative to the folder of the data set. */
function picture({ values, place }: DataRow, folder: string): string {
  const path = values[IMAGE_INPUT];
  if (typeof path !== 'string') {
    throw new EvaluationDataError(`${place} needs the path of a picture in the column ${IMAGE_INPUT}.`);
  }
  try {
    return readFileSync(resolve(folder, path), 'base64');
  } catch (error) {
    throw new EvaluationDataError(
      `${place} names the picture ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}

/** Booleans as CSV files have them; pandas writes `True`. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** Returns a value as its input takes it. Text of CSV becomes a number, and empty text a missing one. */
function cell({ values, place }: DataRow, name: string, datatype: string): unknown {
  const value = values[name];
  if (typeof value !== 'string' || datatype === 'BYTES') return value;
  const text = value.trim();
  if (datatype === 'BOOL') {
    const truth = BOOLEANS.get(text.toLowerCase());
    if (truth !== undefined) return truth;
    throw new EvaluationDataError(
      `${place} has ${JSON.stringify(value)} in the column ${name}, and the model takes true or false.`,
    );
  }
  const number = text === '' ? Number.NaN : Number(text);
  if (Number.isNaN(number) && text !== '' && text.toLowerCase() !== 'nan') {
    throw new EvaluationDataError(
      `${place} has ${JSON.stringify(value)} in the column ${name}, and the model takes numbers.`,
    );
  }
  return number;
}

/** @throws EvaluationDataError if the row does not have the columns */
export function expectedRow(
  { values, place, judgments }: DataRow,
  { label, weight, by, query }: RowColumns,
): ExpectedRow {
  for (const name of [label, weight, by, query]) {
    if (name !== undefined && !Object.hasOwn(values, name)) {
      throw new EvaluationDataError(`${place} has no column ${name}, but ${Object.keys(values).join(', ')}.`);
    }
  }
  return {
    place,
    label: label === undefined ? undefined : values[label],
    query: query === undefined ? undefined : String(values[query]),
    weight: weight === undefined ? undefined : weightOf(values[weight]),
    slice: by === undefined ? undefined : String(values[by]),
    judgments,
  };
}

function weightOf(value: unknown): number {
  return value === null || String(value).trim() === '' ? Number.NaN : Number(value);
}
