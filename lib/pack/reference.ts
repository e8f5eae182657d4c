import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Signature, Tensor, TensorSpec } from '@modelship/runtime';
import {
  type Manifest,
  ModelPackageError,
  REFERENCE_FILE,
  type Reference,
  type ReferenceColumn,
} from '@modelship/runtime/manifest';
import { floatsOf, isMissing } from '@modelship/runtime/serve';

/** Maximum number of values in a row of an input. Inputs with more are pictures or sequences, and have no columns. */
const MOST_COLUMNS = 1000;

/** Maximum number of different strings of a column. Columns with more have free texts, and not categories. */
const MOST_CATEGORIES = 1000;

/** Maximum number of columns that a note names. */
const MOST_NAMED = 10;

/**
 * Writes the ranges and categories of the inputs in rows of reference data to the package in `directory`.
 *
 * @throws ModelPackageError `REFERENCE_INVALID` if no input has columns, or none has values
 */
export async function writeReference(
  rows: AsyncIterable<readonly Tensor[]>,
  directory: string,
  { inputs }: Signature,
  onNote: (note: string) => void = () => {},
): Promise<Manifest['reference']> {
  const specs = inputs.filter(hasColumns);
  if (specs.length === 0) {
    const all = inputs.map(({ name, datatype, shape }) => `${name} ${datatype} [${shape.join(', ')}]`).join(', ');
    throw invalid(
      `reference data needs an input with at most ${MOST_COLUMNS} numbers or strings in a row, and the model takes ${all}. ` +
        'Leave `--reference` out',
    );
  }
  const columns = specs.flatMap((spec) => columnsIn(spec));
  let count = 0;
  for await (const tensors of rows) {
    count += tensors[0]!.shape[0]!;
    for (const tensor of tensors) {
      const own = columns.filter(({ input }) => input === tensor.name);
      const data = tensor.datatype === 'BYTES' ? tensor.data : floatsOf(tensor);
      for (const column of own) {
        for (let index = column.index; index < data.length; index += own.length) column.add(data[index]!);
      }
    }
  }
  const summaries = columns.map((column) => column.summary());
  const described = summaries.filter((column) => column !== undefined);
  const without = (isLeftOut: (column: ColumnSummary) => boolean) => columns.filter(isLeftOut).map(({ name }) => name);
  const missing = without((column) => column.missing === count);
  if (missing.length === columns.length) throw invalid('every value of the reference data is missing');
  note(onNote, 'is missing in all rows of the reference data, so its values are not checked', missing);
  const texts = without((column) => column.missing < count && column.summary() === undefined);
  note(onNote, `has more than ${MOST_CATEGORIES} different strings, so its values are not checked`, texts);
  const constant = described.filter((column) =>
    column.kind === 'number' ? column.min === column.max : column.values.length === 1,
  );
  const names = constant.map(({ name }) => name);
  note(onNote, 'has one value in all rows of the reference data, so every other value is outside', names);
  const reference: Reference = { rows: count, columns: described };
  writeFileSync(join(directory, REFERENCE_FILE), `${JSON.stringify(reference)}\n`);
  return { rows: count };
}

function note(onNote: (note: string) => void, problem: string, names: readonly string[]): void {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  if (names.length > 0) onNote(`each of these columns ${problem}: ${names.slice(0, MOST_NAMED).join(', ')}${more}`);
}

function hasColumns({ shape, unused }: TensorSpec): boolean {
  const width = shape.slice(1).reduce((product, size) => product * size, 1);
  return !unused && shape[0] === -1 && shape.length <= 2 && width >= 1 && width <= MOST_COLUMNS;
}

function columnsIn({ name, datatype, shape, labels }: TensorSpec): ColumnSummary[] {
  const [, width = 1] = shape;
  return Array.from({ length: width }, (_, index) => {
    const column = { input: name, index, name: labels?.[index] ?? (width === 1 ? name : `${name}[${index}]`) };
    return datatype === 'BYTES' ? new CategorySummary(column) : new NumberSummary(column);
  });
}

/** Place of a column in the inputs. */
type ColumnPlace = Pick<ReferenceColumn, 'input' | 'index' | 'name'>;

/** What was found in a column so far. */
abstract class ColumnSummary {
  readonly input: string;
  readonly index: number;
  readonly name: string;
  missing = 0;

  constructor(protected readonly place: ColumnPlace) {
    this.input = place.input;
    this.index = place.index;
    this.name = place.name;
  }

  abstract add(value: unknown): void;

  /** Describes the column. @returns undefined if its values cannot be checked */
  abstract summary(): ReferenceColumn | undefined;
}

class NumberSummary extends ColumnSummary {
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;

  add(element: number | bigint): void {
    const value = Number(element);
    if (Number.isNaN(value)) this.missing++;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  summary(): ReferenceColumn | undefined {
    const { min, max, missing } = this;
    return max < min ? undefined : { ...this.place, missing, kind: 'number', min, max };
  }
}

class CategorySummary extends ColumnSummary {
  private readonly values = new Set<string>();

  add(value: Buffer): void {
    if (isMissing(value)) this.missing++;
    else if (this.values.size <= MOST_CATEGORIES) this.values.add(value.toString());
  }

  summary(): ReferenceColumn | undefined {
    if (this.values.size === 0 || this.values.size > MOST_CATEGORIES) return undefined;
    return { ...this.place, missing: this.missing, kind: 'category', values: [...this.values].sort() };
  }
}

function invalid(message: string): ModelPackageError {
  return new ModelPackageError('REFERENCE_INVALID', `${message}.`);
}
