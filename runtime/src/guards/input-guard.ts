import type { CategoricalColumn, NumericColumn, ReferenceColumn } from '../drift/columns.js';
import { floatsOf } from '../tensor/float16.js';
import { isMissing } from '../tensor/missing.js';
import { elementCount, type Tensor } from '../tensor/tensor.js';

/** Value of a request that the reference data does not have. */
export interface OutsideValue {
  readonly column: ReferenceColumn;
  readonly row: number;
  readonly value: number | string;
}

/** Maximum number of categories and of characters of a category in a message. */
const LISTED = 10;
const SHOWN_CHARACTERS = 100;

/** Checks whether inputs are inside the ranges and categories of the reference data. */
export class InputGuard {
  private readonly guards: ReadonlyMap<string, NumberGuard | CategoryGuard>;

  constructor(columns: readonly ReferenceColumn[]) {
    const names = [...new Set(columns.map(({ input }) => input))];
    this.guards = new Map(
      names.map((name) => {
        const own = columns.filter(({ input }) => input === name);
        const numbers = own.filter((column) => column.kind === 'number');
        return [name, numbers.length > 0 ? new NumberGuard(numbers) : new CategoryGuard(own as CategoricalColumn[])];
      }),
    );
  }

  /** Calls `onOutside` for each value that is outside. */
  check(inputs: readonly Tensor[], onOutside: (value: OutsideValue) => void): void {
    for (const tensor of inputs) this.guards.get(tensor.name)?.check(tensor, onOutside);
  }
}

class NumberGuard {
  private readonly columns: readonly (NumericColumn | undefined)[];
  private readonly min: Float64Array;
  private readonly max: Float64Array;
  private readonly mayMiss: readonly boolean[];

  constructor(columns: readonly NumericColumn[]) {
    const width = Math.max(...columns.map(({ index }) => index)) + 1;
    // A column without a range accepts every number.
    this.columns = Array.from({ length: width }, (_, place) => columns.find(({ index }) => index === place));
    this.min = Float64Array.from(this.columns, (column) => column?.min ?? Number.NEGATIVE_INFINITY);
    this.max = Float64Array.from(this.columns, (column) => column?.max ?? Number.POSITIVE_INFINITY);
    this.mayMiss = this.columns.map((column) => !column || column.missing > 0);
  }

  check(tensor: Tensor, onOutside: (value: OutsideValue) => void): void {
    // Another signature may have an input of this name with serialized examples.
    if (tensor.datatype === 'BYTES') return;
    const { min, max } = this;
    const width = elementCount(tensor.shape.slice(1));
    const known = Math.min(width, min.length);
    const data = floatsOf(tensor);
    for (let start = 0; start < data.length; start += width) {
      for (let place = 0; place < known; place++) {
        // The ranges are numbers too.
        const value = Number(data[start + place]!);
        if (value >= min[place]! && value <= max[place]!) continue;
        if (Number.isNaN(value) && this.mayMiss[place]) continue;
        onOutside({ column: this.columns[place]!, row: start / width, value });
      }
    }
  }
}

class CategoryGuard {
  private readonly columns: readonly (CategoricalColumn & { readonly known: ReadonlySet<string> })[];

  constructor(columns: readonly CategoricalColumn[]) {
    this.columns = columns.map((column) => ({ ...column, known: new Set(column.values) }));
  }

  check(tensor: Tensor, onOutside: (value: OutsideValue) => void): void {
    if (tensor.datatype !== 'BYTES') return;
    const data = tensor.data as readonly Buffer[];
    const width = elementCount(tensor.shape.slice(1));
    for (const column of this.columns) {
      for (let row = 0, index = column.index; index < data.length; row++, index += width) {
        const bytes = data[index]!;
        const value = isMissing(bytes) ? Number.NaN : bytes.toString();
        const isInside = typeof value === 'number' ? column.missing > 0 : column.known.has(value);
        if (!isInside) onOutside({ column, row, value });
      }
    }
  }
}

/** Describes a value for the caller who sent it. */
export function describeOutside({ column, row, value }: OutsideValue): string {
  const { name, kind, input, missing } = column;
  const given = typeof value === 'number' && Number.isNaN(value) ? 'is missing' : `is ${shown(value)}`;
  const allowed = kind === 'number' ? `${column.min} to ${column.max}` : categoriesOf(column);
  return `row ${row} of input ${input}: ${name} ${given}; the reference data of the model has ${allowed}${missing > 0 ? ' and missing values' : ''}`;
}

function categoriesOf({ values }: CategoricalColumn): string {
  const listed = values.slice(0, LISTED).map(shown).join(', ');
  return values.length > LISTED ? `${listed} and ${values.length - LISTED} more` : listed;
}

function shown(value: number | string): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value.slice(0, SHOWN_CHARACTERS));
}
