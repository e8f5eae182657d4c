import { RowEvaluation } from './row-evaluation.js';

/** Compares predicted labels. Each is right or wrong, and versions often predict the same. */
export abstract class LabelEvaluation extends RowEvaluation {
  /** Metric that is the share of right rows, which McNemar's test compares. @default - there is none */
  readonly shareOfRight?: string;

  /** Whether the model predicts exactly the expected labels of a row. */
  abstract isRight(row: number): boolean;

  /** Whether another model predicts exactly the same labels for a row. */
  abstract predictsSame(other: this, row: number): boolean;
}
