import type { Tensor } from '@modelship/runtime';

/** Comparison of the responses for one output with the expected ones, over all samples. */
export interface OutputMetrics {
  readonly output: string;
  /** Number of elements compared. */
  readonly elements: number;
  /** Share of equal elements, for integers, booleans and strings. */
  readonly accuracy?: number;
  /** Share of rows whose largest score is at the expected position, for several scores per row. */
  readonly top1?: number;
  /** Mean absolute error, for numbers. */
  readonly mae?: number;
  /** Root mean squared error, for numbers. */
  readonly rmse?: number;
  /** Largest absolute error, for numbers. */
  readonly maxError?: number;
  /**
   * Coefficient of determination, for one number per row: the explained share of the variance of the expected values.
   */
  readonly r2?: number;
}

/** Accumulates pairs of responses and expected values for one output. */
export class MetricsBuilder {
  private elements = 0;
  private equal = 0;
  private rows = 0;
  private sameLargest = 0;
  private absolute = 0;
  private squared = 0;
  private maxError = 0;
  private sum = 0;
  private sumOfSquares = 0;
  private width = 0;
  private exact = false;

  constructor(private readonly output: string) {}

  /** Adds a response and its expected value, which have the same shape. */
  add(got: Tensor, expected: Tensor): void {
    this.elements += expected.data.length;
    this.exact = !got.datatype.startsWith('FP');
    if (this.exact) this.addExact(got, expected);
    else this.addNumbers(got.data as Float32Array, expected.data as Float32Array, expected.shape);
  }

  finish(): OutputMetrics {
    const { output, elements } = this;
    if (this.exact) return { output, elements, accuracy: this.equal / elements };
    const variance = this.sumOfSquares - this.sum ** 2 / elements;
    return {
      output,
      elements,
      ...(this.width > 1 && { top1: this.sameLargest / this.rows }),
      mae: this.absolute / elements,
      rmse: Math.sqrt(this.squared / elements),
      maxError: this.maxError,
      ...(this.width === 1 && elements > 1 && variance > 0 && { r2: 1 - this.squared / variance }),
    };
  }

  private addExact(got: Tensor, expected: Tensor): void {
    for (let index = 0; index < expected.data.length; index++) {
      if (String(got.data[index]) === String(expected.data[index])) this.equal++;
    }
  }

  private addNumbers(got: Float32Array, expected: Float32Array, shape: readonly number[]): void {
    for (let index = 0; index < expected.length; index++) {
      const wanted = expected[index]!;
      const error = Math.abs(got[index]! - wanted);
      this.absolute += error;
      this.squared += error ** 2;
      // NaN is the worst error, and `Math.max` propagates it.
      this.maxError = Math.max(this.maxError, error);
      this.sum += wanted;
      this.sumOfSquares += wanted ** 2;
    }
    this.width = shape.length > 1 ? shape.at(-1)! : 1;
    if (this.width < 2) return;
    for (let start = 0; start < expected.length; start += this.width) {
      this.rows++;
      const end = start + this.width;
      if (largest(got.subarray(start, end)) === largest(expected.subarray(start, end))) this.sameLargest++;
    }
  }
}

function largest(row: Float32Array): number {
  return row.indexOf(row.reduce((left, right) => Math.max(left, right), -Infinity));
}
