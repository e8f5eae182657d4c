import type { Tensor, TensorSpec } from '@modelship/runtime';
import { stringifyExact } from '../../json/exact-json.js';
import { NumberColumn } from '../columns.js';
import { LabelEvaluation } from '../label-evaluation.js';
import type { Label } from '../metrics/classification.js';
import { EvaluationDataError } from '../metrics/compute.js';
import type { MetricKind } from '../metrics/table.js';
import { type Columns, type ExpectedRow, valuesOf } from '../row-evaluation.js';
import { classNamed, isNumber } from './outputs.js';

/** Score from which a label counts as predicted. */
const THRESHOLD = 0.5;

/** Compares the labels of each row. Several can be right at once. */
export class Multilabel extends LabelEvaluation {
  readonly kinds: readonly MetricKind[];
  override readonly shareOfRight = 'subset_accuracy';
  private readonly expected = new NumberColumn();
  private readonly scores = new NumberColumn();
  private width = 0;

  /** @param output output with a score, or 1 and 0, of each label for each row */
  constructor(private readonly output: TensorSpec) {
    super();
    this.kinds = isNumber(output) ? ['labelSets', 'labelScores'] : ['labelSets'];
  }

  isRight(row: number): boolean {
    const expected = this.slice(this.expected, row);
    return this.predictedSet(row).every((label, index) => label === expected[index]);
  }

  predictsSame(other: this, row: number): boolean {
    const others = other.predictedSet(row);
    return this.predictedSet(row).every((label, index) => label === others[index]);
  }

  protected addPredictions(rows: readonly ExpectedRow[], outputs: readonly Tensor[]) {
    const values = valuesOf(outputs, this.output.name);
    this.width = values.length / rows.length;
    for (const [index, row] of rows.entries()) {
      const labels = this.labelIndices(row);
      for (let label = 0; label < this.width; label++) {
        this.expected.push(labels.has(label) ? 1 : 0);
        this.scores.push(Number(values[index * this.width + label]));
      }
    }
    return rows;
  }

  protected columnsOf(kind: MetricKind, rows: readonly number[]): Columns {
    const predicted =
      kind === 'labelSets'
        ? rows.map((row) => this.predictedSet(row))
        : rows.map((row) => this.slice(this.scores, row));
    return { expected: rows.map((row) => this.slice(this.expected, row)), predicted };
  }

  protected override nameOf(_kind: MetricKind, label: Label): string {
    return this.output.labels?.[Number(label)] ?? String(label);
  }

  private predictedSet(row: number): number[] {
    return this.slice(this.scores, row).map((score) => (score >= THRESHOLD ? 1 : 0));
  }

  private slice(column: NumberColumn, row: number): number[] {
    return column.slice(row * this.width, (row + 1) * this.width);
  }

  private labelIndices({ label, place }: ExpectedRow): ReadonlySet<number> {
    const names = Array.from({ length: this.width }, (_, index) => this.nameOf('labelSets', index));
    return new Set(labelList(label, place).map((text) => names.indexOf(classNamed(text, place, names))));
  }
}

/** Returns the labels of a list, or of a text that separates them by `|`. */
function labelList(label: unknown, place: string): string[] {
  if (Array.isArray(label)) return label.map(String);
  if (typeof label === 'string') return label.split('|').flatMap((text) => (text.trim() === '' ? [] : [text.trim()]));
  throw new EvaluationDataError(
    `${place} has the label ${stringifyExact(label)}, and must have a list of labels, or a text such as "news|sport".`,
  );
}
