import type { Distribution } from './bins.js';

/** Column of an input, as the reference data of a package has it. */
interface Column {
  /** Name of the input. */
  input: string;
  /** Position in a row of the input. */
  index: number;
  /** Name of the column, for people. */
  name: string;
  /** Number of rows in which the value is missing. */
  missing: number;
}

/** Column of numbers. */
export interface NumericColumn extends Column, Distribution {
  kind: 'number';
  min: number;
  max: number;
}

/** Column of strings with few different values. */
export interface CategoricalColumn extends Column {
  kind: 'category';
  /** All values, sorted. */
  values: string[];
  /** Number of rows with each value. */
  counts: number[];
}

/** Column of an input, as the reference data of a package has it. */
export type ReferenceColumn = NumericColumn | CategoricalColumn;

/** Vectors that a model makes of the reference data. */
export interface ReferenceEmbedding {
  /** Name of the output. */
  output: string;
  /** Mean of the vectors. */
  mean: number[];
  /** Mean squared distance of the vectors to their mean. */
  variance: number;
}

/** Content of `reference.json` in a package: what the requests of the model look like. */
export interface Reference {
  rows: number;
  /** Columns of the inputs. A model that takes texts or pictures has none. */
  columns: ReferenceColumn[];
  /** Vectors, of a model that turns texts or pictures into them. */
  embedding?: ReferenceEmbedding | undefined;
}
