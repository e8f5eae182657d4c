import type { Tensor, TensorSpec } from '@modelship/runtime';
import type { ColumnRanges } from '../numeric-columns.js';
import type { SampledBatch } from '../row-sample.js';

/** What changes of a batch depend on. */
export interface AdversaryContext {
  /** Largest change. */
  readonly epsilon: number;
  readonly ranges: ColumnRanges;
  /** Returns numbers from 0 to 1. */
  readonly random: () => number;
}

/** Changes of the rows of a batch, which all stay within the epsilon. */
export interface Changes {
  /**
   * Returns inputs with a further random change of each row.
   *
   * @param progress share of the queries until now. Changes get smaller with it.
   */
  tried(progress: number): readonly Tensor[] | Promise<readonly Tensor[]>;
  /** Keeps the change of a row that was tried last. */
  keep(row: number): void;
  /** Returns inputs with the changes that were kept. */
  kept(): readonly Tensor[] | Promise<readonly Tensor[]>;
}

/** Kind of inputs that an adversarial search can change. */
export interface Adversary {
  /** What an epsilon is. */
  readonly unit: string;
  readonly epsilons: readonly number[];
  /** Most rows that are changed. @default - all */
  readonly rows?: number;
  appliesTo(input: TensorSpec): boolean;
  changesOf(batch: SampledBatch, context: AdversaryContext): Changes | Promise<Changes>;
}
