import type { Tensor, TensorSpec } from '@modelship/runtime';
import type { MetricKind } from '../metrics/table.js';
import { type Columns, type ExpectedRow, valuesOf } from '../row-evaluation.js';
import { ClassLabels } from './class-labels.js';
import { classLabel } from './outputs.js';

/** Compares the cluster of each row with a class. Their names need not be the same. */
export class Clustering extends ClassLabels {
  readonly kinds: readonly MetricKind[] = ['clusters'];

  constructor(private readonly output: TensorSpec) {
    super();
  }

  protected addPredictions(rows: readonly ExpectedRow[], outputs: readonly Tensor[]) {
    const clusters = valuesOf(outputs, this.output.name);
    for (const [index, row] of rows.entries()) this.addLabels(classLabel(row, undefined), String(clusters[index]));
    return rows;
  }

  protected columnsOf(_kind: MetricKind, rows: readonly number[]): Columns {
    return this.columnsOfLabels(rows);
  }
}
