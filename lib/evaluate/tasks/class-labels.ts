import { NumberColumn, Vocabulary } from '../columns.js';
import { LabelEvaluation } from '../label-evaluation.js';
import type { Label } from '../metrics/classification.js';
import type { MetricKind } from '../metrics/table.js';
import type { Columns } from '../row-evaluation.js';

/** Compares a class or cluster of each row. */
export abstract class ClassLabels extends LabelEvaluation {
  private readonly names = new Vocabulary();
  private readonly expected = new NumberColumn();
  private readonly predicted = new NumberColumn();

  isRight(row: number): boolean {
    return this.expected.at(row) === this.predicted.at(row);
  }

  predictsSame(other: this, row: number): boolean {
    return this.predictedClass(row) === other.predictedClass(row);
  }

  protected addLabels(expected: string, predicted: string): void {
    this.expected.push(this.names.numberOf(expected));
    this.predicted.push(this.names.numberOf(predicted));
  }

  protected expectedClass(row: number): string {
    return this.names.textOf(this.expected.at(row));
  }

  protected columnsOfLabels(rows: readonly number[]): Columns {
    return { expected: this.expected.pick(rows), predicted: this.predicted.pick(rows) };
  }

  protected override nameOf(_kind: MetricKind, label: Label): string {
    return this.names.textOf(Number(label));
  }

  private predictedClass(row: number): string {
    return this.names.textOf(this.predicted.at(row));
  }
}
