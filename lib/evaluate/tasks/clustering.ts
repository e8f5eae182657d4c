import type { Tensor, TensorSpec } from '@modelship/runtime';
import type { MetricKind } from '../metrics/table.js';
import { isNumeric, numbersOf } from '../numeric-columns.js';
import { type Columns, type ExpectedRow, valuesOf } from '../row-evaluation.js';
import { RowSample } from '../row-sample.js';
import { ClassLabels } from './class-labels.js';
import { classLabel } from './outputs.js';

/** Most rows whose features are kept. The silhouette compares each with each other. */
const MOST_ROWS = 5000;

/** Compares the cluster of each row with a class. Their names need not be the same. */
export class Clustering extends ClassLabels {
  readonly kinds: readonly MetricKind[] = ['clusters', 'clusterShapes'];
  private readonly sample = new RowSample<{ readonly row: number; readonly features: readonly number[] }>(MOST_ROWS);

  constructor(private readonly output: TensorSpec) {
    super();
  }

  protected addPredictions(rows: readonly ExpectedRow[], outputs: readonly Tensor[], inputs: readonly Tensor[]) {
    const clusters = valuesOf(outputs, this.output.name);
    const columns = inputs.every(isNumeric) ? inputs.map(numbersOf) : [];
    for (const [index, row] of rows.entries()) {
      this.addLabels(classLabel(row, undefined), String(clusters[index]));
      const features = columns.flatMap((numbers) => {
        const width = numbers.length / rows.length;
        return Array.from(numbers.subarray(index * width, (index + 1) * width));
      });
      if (features.length > 0) this.sample.add({ row: this.rows + index, features });
    }
    return rows;
  }

  protected columnsOf(kind: MetricKind, rows: readonly number[]): Columns | undefined {
    return kind === 'clusters' ? this.columnsOfLabels(rows) : this.shapesOf(new Set(rows));
  }

  /** Returns the features and clusters of the drawn rows. Undefined if there are none, or a feature is missing. */
  private shapesOf(rows: ReadonlySet<number>): Columns | undefined {
    const drawn = this.sample.rows.filter(({ row }) => rows.has(row));
    if (drawn.length === 0 || !drawn.every(({ features }) => features.every(Number.isFinite))) return undefined;
    const { predicted } = this.columnsOfLabels(drawn.map(({ row }) => row));
    return { features: drawn.map(({ features }) => features), predicted };
  }
}
