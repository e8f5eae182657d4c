import type { TreeEnsemble } from './trees/tree-ensemble.js';

/** Maximum size of a file that is parsed on the event loop, which a larger one would block too long. */
export const MAX_PARSED_BYTES = 32 * 1024 * 1024;

/**
 * How the sums of an additive model relate to its predictions. A sum is `logit(p)` of a probability, `log(p)` of a rate, the
 * prediction itself, or one of several whose softmax is the probabilities.
 */
export type Link = 'identity' | 'logit' | 'log' | 'softmax';

/** Linear model in double precision. */
export interface LinearModel {
  readonly kind: 'linear';
  /** Weights by output, then by column. */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
}

/** Model whose effects of features can be computed exactly: sums of trees, or of weighted features. */
export interface AdditiveModel {
  readonly columns: number;
  /** Number of sums of a row. A classifier of two classes may have one for the second class only. */
  readonly outputs: number;
  /** Links that are possible. Predictions of the model decide between several. */
  readonly links: readonly Link[];
  readonly form: TreeEnsemble | LinearModel;
  /** Step before the model, which changes each column to `(value - offset) * scale`. @default - none */
  readonly scaling?: { readonly offset: Float64Array; readonly scale: Float64Array };
}
