import type { Tensor, TensorSpec } from '@modelship/runtime';
import type { ColumnRange } from '../numeric-columns.js';

/** Level, column ranges and random numbers of a perturbation. */
export interface PerturbationContext {
  readonly level: number;
  /** Rows of the tensor. */
  readonly rows: number;
  /** Ranges of the columns, if the input has numbers. */
  readonly ranges: readonly ColumnRange[];
  /** Returns numbers from 0 to 1. */
  readonly random: () => number;
}

/** Change of inputs that a robust model withstands. */
export interface Perturbation {
  readonly name: string;
  /** What a level is. */
  readonly unit: string;
  /** Details of the change. @default - the name says all */
  readonly note?: string;
  /** Levels, from the mildest to the strongest. */
  readonly levels: readonly number[];
  /** Whether an input is changed. */
  appliesTo(input: TensorSpec): boolean;
  apply(tensor: Tensor, context: PerturbationContext): Tensor | Promise<Tensor>;
}
