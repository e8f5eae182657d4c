import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Signature, TensorSpec } from '@modelship/runtime';
import { type Manifest, ModelPackageError, REFERENCE_FILE } from '@modelship/runtime/manifest';
import {
  columnName,
  distributionOf,
  elementCount,
  floatsOf,
  isMissing,
  type Reference,
  type ReferenceColumn,
  randomNumbers,
} from '@modelship/runtime/serve';
import type { ReferenceRows } from './options.js';
import type { ScoreSummary } from './reference-scores.js';

/** Maximum number of values in a row of an input. Inputs with more are pictures or sequences, and have no columns. */
const MOST_COLUMNS = 1000;

/** Maximum number of different strings of a column. Columns with more have free texts, and not categories. */
const MOST_CATEGORIES = 1000;

/**
 * Maximum number of values of a column, and of all columns, that distributions are computed from. Those of more rows are of
 * a sample.
 */
const MOST_SAMPLED = 100_000;
const MOST_SAMPLED_OF_ALL = 10_000_000;

/** Maximum number of columns that a note names. */
const MOST_NAMED = 10;

/**
 * Writes the ranges, categories and distributions of the inputs in rows of reference data to the package in `directory`.
 *
 * @param scores scores of a classifier, whose meaning is learned from rows with labels
 * @throws ModelPackageError `REFERENCE_INVALID` if no input has columns, or none has values
 */
export async function writeReference(
  rows: AsyncIterable<ReferenceRows>,
  directory: string,
  { inputs }: Signature,
  onNote: (note: string) => void = () => {},
  scores?: ScoreSummary,
): Promise<Manifest['reference']> {
  const specs = inputs.filter(hasColumns);
  if (specs.length === 0) {
    const all = inputs.map(({ name, datatype, shape }) => `${name} ${datatype} [${shape.join(', ')}]`).join(', ');
    throw invalid(
      `reference data needs an input with at most ${MOST_COLUMNS} numbers or strings in a row, and the model takes ${all}. ` +
        'Leave `--reference` out',
    );
  }
  const width = specs.reduce((sum, { shape }) => sum + (shape[1] ?? 1), 0);
  const sampled = Math.min(MOST_SAMPLED, Math.floor(MOST_SAMPLED_OF_ALL / width));
  const byInput = new Map(specs.map((spec) => [spec.name, columnsIn(spec, sampled)]));
  const columns = [...byInput.values()].flat();
  let count = 0;
  for await (const { inputs: tensors, classes } of rows) {
    await scores?.add(tensors, classes);
    count += tensors[0]!.shape[0]!;
    for (const tensor of tensors) {
      const own = byInput.get(tensor.name) ?? [];
      const data = tensor.datatype === 'BYTES' ? tensor.data : floatsOf(tensor);
      for (const column of own) {
        for (let index = column.index; index < data.length; index += own.length) column.add(data[index]!);
      }
    }
  }
  const summaries = columns.map((column) => column.summary());
  const described = summaries.filter((column) => column !== undefined);
  const undescribed = columns.filter((_, index) => summaries[index] === undefined);
  const missing = namesOf(undescribed.filter((column) => column.missing === count));
  if (missing.length === columns.length) throw invalid('every value of the reference data is missing');
  note(onNote, 'is missing in all rows of the reference data, so its values are not checked', missing);
  const texts = namesOf(undescribed.filter((column) => column.missing < count));
  note(onNote, `has more than ${MOST_CATEGORIES} different strings, so its values are not checked`, texts);
  const constant = described.filter((column) =>
    column.kind === 'number' ? column.min === column.max : column.values.length === 1,
  );
  note(onNote, 'has one value in all rows of the reference data, so every other value is outside', namesOf(constant));
  const performance = scores?.summary(onNote);
  const reference: Reference = { rows: count, columns: described, ...(performance && { performance }) };
  writeFileSync(join(directory, REFERENCE_FILE), `${JSON.stringify(reference)}\n`);
  return { rows: count, ...(performance && { labelled: performance.rows }) };
}

function namesOf(columns: readonly { readonly name: string }[]): string[] {
  return columns.map(({ name }) => name);
}

function note(onNote: (note: string) => void, problem: string, names: readonly string[]): void {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  if (names.length > 0) onNote(`each of these columns ${problem}: ${names.slice(0, MOST_NAMED).join(', ')}${more}`);
}

function hasColumns({ shape, unused }: TensorSpec): boolean {
  const width = elementCount(shape.slice(1));
  return !unused && shape[0] === -1 && shape.length <= 2 && width >= 1 && width <= MOST_COLUMNS;
}

function columnsIn(spec: TensorSpec, sampled: number): ColumnSummary[] {
  const { name, datatype, shape } = spec;
  const [, width = 1] = shape;
  return Array.from({ length: width }, (_, index) => {
    const column = { input: name, index, name: columnName(spec, index) };
    return datatype === 'BYTES' ? new CategorySummary(column) : new NumberSummary(column, sampled);
  });
}

/** Place of a column in the inputs. */
type ColumnPlace = Pick<ReferenceColumn, 'input' | 'index' | 'name'>;

/** What was found in a column so far. */
abstract class ColumnSummary {
  readonly index: number;
  readonly name: string;
  missing = 0;

  constructor(protected readonly place: ColumnPlace) {
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
  private finite = 0;
  private readonly sample: number[] = [];
  // The same rows give the same package.
  private readonly random = randomNumbers(1);

  constructor(
    place: ColumnPlace,
    private readonly mostSampled: number,
  ) {
    super(place);
  }

  add(element: number | bigint): void {
    const value = Number(element);
    if (Number.isNaN(value)) this.missing++;
    if (!Number.isFinite(value)) return;
    // Reservoir sampling: each value has the same chance to be in the sample.
    const kept = this.finite++ < this.mostSampled ? this.sample.length : Math.floor(this.random() * this.finite);
    if (kept < this.mostSampled) this.sample[kept] = value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  summary(): ReferenceColumn | undefined {
    const { min, max, missing } = this;
    if (this.finite === 0) return undefined;
    const distribution = distributionOf(Float64Array.from(this.sample).sort());
    return { ...this.place, missing, kind: 'number', min, max, ...distribution };
  }
}

class CategorySummary extends ColumnSummary {
  private readonly values = new Map<string, number>();

  add(value: Buffer): void {
    if (isMissing(value)) this.missing++;
    else if (this.values.size <= MOST_CATEGORIES) {
      const text = value.toString();
      this.values.set(text, (this.values.get(text) ?? 0) + 1);
    }
  }

  summary(): ReferenceColumn | undefined {
    if (this.values.size === 0 || this.values.size > MOST_CATEGORIES) return undefined;
    const values = [...this.values.keys()].sort();
    return {
      ...this.place,
      missing: this.missing,
      kind: 'category',
      values,
      counts: values.map((value) => this.values.get(value)!),
    };
  }
}

function invalid(message: string): ModelPackageError {
  return new ModelPackageError('REFERENCE_INVALID', `${message}.`);
}
