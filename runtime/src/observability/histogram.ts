/** Upper bounds in seconds, from the run of a small model to a long request. */
export const SECONDS_BUCKETS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Returns `count` bounds, each `factor` times the previous one. */
export function exponentialBuckets(first: number, factor: number, count: number): readonly number[] {
  // Rounding to twelve digits removes the floating-point noise of the products.
  return Array.from({ length: count }, (_, index) => Number((first * factor ** index).toPrecision(12)));
}

/** Content of a histogram, as it is sent between processes. */
export interface HistogramData {
  readonly bounds: readonly number[];
  /** Number of values in each bucket. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Histogram with fixed buckets. An observation costs a short search and two additions. */
export class Histogram implements HistogramData {
  readonly counts: number[];
  count = 0;
  sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length).fill(0);
  }

  observe(value: number): void {
    this.count++;
    this.sum += value;
    for (let index = 0; index < this.bounds.length; index++) {
      if (value <= this.bounds[index]!) {
        this.counts[index]!++;
        return;
      }
    }
  }

  /** Merges `histograms` into one. There must be at least one, and all must have the same bounds. */
  static merged(histograms: readonly HistogramData[]): Histogram {
    const all = new Histogram(histograms[0]!.bounds);
    for (const each of histograms) all.add(each);
    return all;
  }

  /** Adds the values of another histogram with the same bounds. */
  add({ counts, count, sum }: HistogramData): void {
    for (const [index, each] of counts.entries()) this.counts[index]! += each;
    this.count += count;
    this.sum += sum;
  }

  /** Returns the number of values up to each bound. */
  cumulative(): readonly number[] {
    let total = 0;
    return this.counts.map((count) => {
      total += count;
      return total;
    });
  }
}
