import type { Tensor, TensorSpec } from '@modelship/runtime';
import { NumberColumn } from '../columns.js';
import type { MetricKind } from '../metrics/table.js';
import { type Columns, type ExpectedRow, RowEvaluation, valuesOf } from '../row-evaluation.js';
import { numberLabel } from './outputs.js';

/** Compares a predicted number of each row. */
export class Regression extends RowEvaluation {
  readonly kinds: readonly MetricKind[] = ['numbers'];
  private readonly expected = new NumberColumn();
  private readonly predicted = new NumberColumn();

  constructor(private readonly output: TensorSpec) {
    super();
  }

  override wrongness(row: number): number {
    return Math.abs(this.predicted.at(row) - this.expected.at(row));
  }

  protected addPredictions(rows: readonly ExpectedRow[], outputs: readonly Tensor[]) {
    const values = valuesOf(outputs, this.output.name);
    for (const [index, row] of rows.entries()) {
      this.expected.push(numberLabel(row));
      this.predicted.push(Number(values[index]));
    }
    return rows;
  }

  protected columnsOf(_kind: MetricKind, rows: readonly number[]): Columns {
    return { expected: this.expected.pick(rows), predicted: this.predicted.pick(rows) };
  }
}
