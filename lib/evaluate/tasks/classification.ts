import type { Tensor, TensorSpec } from '@modelship/runtime';
import { NumberColumn } from '../columns.js';
import type { Label } from '../metrics/classification.js';
import { EvaluationDataError } from '../metrics/compute.js';
import type { MetricKind } from '../metrics/table.js';
import { type Columns, type ExpectedRow, valuesOf } from '../row-evaluation.js';
import { ClassLabels } from './class-labels.js';
import { classLabel } from './outputs.js';

/** Outputs of a classifier. It has at least one of them. */
export interface ClassifierOutputs {
  /** Output with the class of a row. */
  readonly label?: TensorSpec | undefined;
  /** Output with a score of each class. */
  readonly scores?: TensorSpec | undefined;
}

/** Compares the class of each row, and the scores of the classes. */
export class Classification extends ClassLabels {
  readonly kinds: readonly MetricKind[];
  override readonly shareOfRight = 'accuracy';
  private readonly scores = new NumberColumn();
  private width = 0;

  constructor(private readonly outputs: ClassifierOutputs) {
    super();
    this.kinds = outputs.scores ? ['labels', 'scores'] : ['labels'];
  }

  /** Returns how far the score of the right class is below the best other. Without scores, 1 for a wrong class and 0 for a right one. */
  override wrongness(row: number): number {
    const own = this.scores.slice(row * this.width, (row + 1) * this.width);
    const right = own[this.classIndex(row)];
    if (right === undefined) return this.isRight(row) ? 0 : 1;
    return Math.max(...own.filter((_, index) => index !== this.classIndex(row))) - right;
  }

  protected addPredictions(rows: readonly ExpectedRow[], outputs: readonly Tensor[]) {
    const { label, scores } = this.outputs;
    const names = scores?.labels ?? label?.labels;
    const labels = label && valuesOf(outputs, label.name);
    const flat = scores && valuesOf(outputs, scores.name);
    if (flat) this.width = flat.length / rows.length;
    for (const [index, row] of rows.entries()) {
      const own = flat && Array.from({ length: this.width }, (_, score) => Number(flat[index * this.width + score]));
      const predicted = labels ? labels[index] : own!.indexOf(Math.max(...own!));
      const expected = classLabel(row, names);
      if (!names && typeof predicted !== 'string' && !Buffer.isBuffer(predicted) && !/^-?\d+$/.test(expected)) {
        throw new EvaluationDataError(
          `${row.place} has the label ${JSON.stringify(expected)}, and the model predicts numbers without names. Give the ` +
            'package with the names of the classes with --package, or the labels as numbers.',
        );
      }
      for (const score of own ?? []) this.scores.push(score);
      this.addLabels(expected, className(predicted, names));
    }
    return rows;
  }

  protected columnsOf(kind: MetricKind, rows: readonly number[]): Columns | undefined {
    return kind === 'scores' ? this.columnsOfScores(rows) : this.columnsOfLabels(rows);
  }

  protected override nameOf(kind: MetricKind, label: Label): string {
    return kind === 'scores'
      ? (this.outputs.scores!.labels?.[Number(label)] ?? String(label))
      : super.nameOf(kind, label);
  }

  /** Returns undefined if a class has no known place among the scores. */
  private columnsOfScores(rows: readonly number[]): Columns | undefined {
    const { width } = this;
    const expected = rows.map((row) => this.classIndex(row));
    const areKnown = expected.every((index) => Number.isInteger(index) && index >= 0 && index < width);
    return areKnown
      ? { expected, scores: rows.map((row) => this.scores.slice(row * width, (row + 1) * width)) }
      : undefined;
  }

  /** Returns the place of a row's class among the scores. */
  private classIndex(row: number): number {
    const name = this.expectedClass(row);
    return this.outputs.scores?.labels?.indexOf(name) ?? Number(name);
  }
}

/** Returns the name of a class that a model predicts as text or as an index. */
function className(value: unknown, names: readonly string[] | undefined): string {
  const text = String(value);
  return typeof value === 'number' || typeof value === 'bigint' ? (names?.[Number(value)] ?? text) : text;
}
