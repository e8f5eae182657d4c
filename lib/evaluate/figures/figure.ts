import type { Chart } from '../../report/chart.js';
import type { Label } from '../metrics/classification.js';

/** Returns the name of a class that columns have as a number. */
export type NameOf = (label: Label) => string;

/** Counts of what is expected and predicted. */
export interface Matrix {
  readonly kind: 'matrix';
  readonly title: string;
  /** What the rows and the columns are. */
  readonly axes: readonly [rows: string, columns: string];
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly counts: readonly (readonly number[])[];
  readonly note?: string;
}

/** Table of figures by name. */
export interface FigureTable {
  readonly kind: 'table';
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note?: string;
}

/** What a report shows of predictions. */
export type Figure = Chart | Matrix | FigureTable;
