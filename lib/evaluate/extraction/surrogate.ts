/** Numbers of each row, which a surrogate predicts from or predicts. */
export type Rows = readonly Float64Array[];

/** Model that a caller trains on the responses of another. */
export interface Surrogate {
  /** Returns the predicted numbers of a row. */
  predict(features: Float64Array): Float64Array;
}
