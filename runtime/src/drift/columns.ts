import type { Distribution } from './bins.js';
import type { Calibration } from './calibration.js';

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

/** Figures of a classifier. */
export type PerformanceMeasure = 'accuracy' | 'f1_macro';

/** How the scores of a class say which rows are of it. */
export interface CalibratedClass {
  /** Shares in rows in which no other class has a higher score. @default - the reference data has no such rows */
  predicted?: Calibration | undefined;
  /** Shares in all other rows. @default - the reference data has no such rows */
  other?: Calibration | undefined;
}

/** What scores of a classifier mean, learned from labels of the reference data. */
export interface ReferencePerformance {
  /** Name of the output with a score for each class. */
  output: string;
  /** Number of rows with a label. */
  rows: number;
  /** Figures of these rows. */
  measures: Record<PerformanceMeasure, number>;
  /** Each class, in the order of the scores. */
  classes: CalibratedClass[];
}

/** Content of `reference.json` in a package: what the requests of the model look like. */
export interface Reference {
  rows: number;
  /** Columns of the inputs. A model that takes texts or pictures has none. */
  columns: ReferenceColumn[];
  /** Vectors, of a model that turns texts or pictures into them. */
  embedding?: ReferenceEmbedding | undefined;
  /** Meaning of the scores, of a classifier whose reference data has labels. */
  performance?: ReferencePerformance | undefined;
}
