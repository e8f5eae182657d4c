import type { Tensor } from '@modelship/runtime';
import { EvaluationDataError } from '../metrics/compute.js';
import { type ColumnRange, columnRanges, dataLike, isNumeric, numbersOf, withNumbers } from '../numeric-columns.js';
import type { SampledBatch } from '../row-sample.js';
import type { Rows } from './surrogate.js';

/** Most values of a column of categories. A column with more has texts. */
const MAXIMUM_CATEGORIES = 50;

/** Most features of a surrogate. */
const MAXIMUM_FEATURES = 500;

/** Values of one column of an input that does not have numbers. */
type Categories = readonly (Buffer | number)[];

/** Columns of the inputs of a model, with the values that a sample has. */
export class QueryColumns {
  private readonly template: readonly Tensor[];
  private readonly templateRows: number;
  private readonly ranges: ReadonlyMap<string, readonly ColumnRange[]>;
  private readonly categories: ReadonlyMap<string, readonly Categories[]>;

  /** @throws EvaluationDataError if the model takes texts, or too many columns */
  constructor(batches: Iterable<SampledBatch>) {
    const [first] = batches;
    const { inputs, rows } = first!;
    this.template = inputs;
    this.templateRows = rows.length;
    this.ranges = columnRanges(batches);
    this.categories = new Map(
      inputs.filter((input) => !isNumeric(input)).map(({ name }) => [name, categoriesOf(batches, name)]),
    );
    const width = this.features(inputs, rows.length)[0]!.length;
    if (width > MAXIMUM_FEATURES) {
      throw new EvaluationDataError(`the model takes ${width} columns, and --extraction at most ${MAXIMUM_FEATURES}.`);
    }
  }

  /** Draws inputs: numbers evenly from the range of their column, and others from its values. */
  draw(rows: number, random: () => number): Tensor[] {
    return this.template.map((tensor) => {
      const width = tensor.data.length / this.templateRows;
      const hasRows = tensor.shape.length > 0 && tensor.shape[0] === this.templateRows;
      const shape = hasRows ? [rows, ...tensor.shape.slice(1)] : tensor.shape;
      const ranges = this.ranges.get(tensor.name);
      if (ranges) {
        const numbers = Float64Array.from({ length: rows * width }, (_, index) => {
          const { low, high } = ranges[index % width]!;
          return low + random() * (high - low);
        });
        return withNumbers({ ...tensor, shape }, numbers);
      }
      const categories = this.categories.get(tensor.name)!;
      const values = Array.from({ length: rows * width }, (_, index) => {
        const own = categories[index % width]!;
        return own[Math.floor(random() * own.length)]!;
      });
      return { ...tensor, shape, data: dataLike(tensor, values) };
    });
  }

  /** Returns the features of inputs: numbers, the middle of the range for missing ones, and 1 for the category of a row. */
  features(inputs: readonly Tensor[], rows: number): Rows {
    const features = Array.from({ length: rows }, (): number[] => []);
    for (const tensor of inputs) {
      const width = tensor.data.length / rows;
      const numbers = isNumeric(tensor) ? numbersOf(tensor) : undefined;
      for (let index = 0; index < rows * width; index++) {
        const own = features[Math.floor(index / width)]!;
        if (numbers) {
          const { low, high } = this.ranges.get(tensor.name)![index % width]!;
          own.push(Number.isNaN(numbers[index]) ? (low + high) / 2 : numbers[index]!);
        } else {
          const value = String((tensor.data as ArrayLike<unknown>)[index]);
          for (const category of this.categories.get(tensor.name)![index % width]!) {
            own.push(String(category) === value ? 1 : 0);
          }
        }
      }
    }
    return features.map((row) => Float64Array.from(row));
  }
}

/** @throws EvaluationDataError if a column has too many values */
function categoriesOf(batches: Iterable<SampledBatch>, name: string): Categories[] {
  const columns: Map<string, Buffer | number>[] = [];
  for (const { rows, inputs } of batches) {
    const { data } = inputs.find((input) => input.name === name)!;
    const width = data.length / rows.length;
    for (let index = 0; index < data.length; index++) {
      const value = data[index] as Buffer | number;
      const own = columns[index % width] ?? new Map();
      columns[index % width] = own.set(String(value), value);
      // Files of pictures are rejected here, as those of all batches may not fit in memory together.
      if (own.size > MAXIMUM_CATEGORIES) {
        throw new EvaluationDataError(
          `the input ${name} has more than ${MAXIMUM_CATEGORIES} values that are not numbers. --extraction draws queries ` +
            'for columns of numbers and categories only, and not for texts or pictures.',
        );
      }
    }
  }
  return columns.map((column) => [...column.values()]);
}
