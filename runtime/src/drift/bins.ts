/** Number of quantiles at whose values the bins of a column end. A bin has at most this share of the reference data. */
const QUANTILES = 200;

/** Number of coarse bins, which have equal shares of the reference data. */
const COARSE = 10;

/** Bins of a column of numbers, between quantiles of the reference data. */
export interface Bins {
  /** Upper ends of all bins but the last, in ascending order. A value belongs to the bin that ends at it. */
  edges: number[];
  /** Places in `edges` of the ends of the coarse bins. */
  coarse: number[];
}

/** Values of a column in bins. Its size does not depend on the number of values. */
export interface BinnedValues {
  /** Number of values in each bin. */
  readonly counts: ArrayLike<number>;
  /** Sum over the values of each bin of their distances to the start of the bin; for the first bin, to its end. */
  readonly sums: ArrayLike<number>;
}

/**
 * Chooses the bins for values in ascending order. Values with a large share get a bin of their own, so that
 * distributions of few values are compared exactly.
 */
function binsOf(sorted: Float64Array): Bins {
  const distinct = distinctValues(sorted, QUANTILES);
  const coarse = quantiles(sorted, COARSE);
  const fine = distinct ?? [sorted[0]!, ...quantiles(sorted, QUANTILES), sorted[sorted.length - 1]!];
  const own = fine.filter((value) => distinct || countOf(sorted, value) * 2 * QUANTILES >= sorted.length);
  const edges = [...new Set([...fine, ...coarse, ...own.map(below)])].sort((a, b) => a - b);
  return { edges, coarse: [...new Set(coarse)].map((value) => edges.indexOf(value)) };
}

/** Distribution of a column of numbers. */
export interface Distribution extends Bins {
  /** Standard deviation. */
  deviation: number;
  /** Number of values in each bin. */
  counts: number[];
  /** Sums as in `BinnedValues`. */
  sums: number[];
}

/** Describes at least one value, in ascending order. */
export function distributionOf(sorted: Float64Array): Distribution {
  const bins = binsOf(sorted);
  const { counts, sums } = inBins(bins, sorted);
  const isConstant = sorted[0] === sorted[sorted.length - 1];
  const mean = sorted.reduce((sum, value) => sum + value / sorted.length, 0);
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2 / sorted.length, 0);
  return { ...bins, deviation: isConstant ? 0 : Math.sqrt(variance), counts: [...counts], sums: [...sums] };
}

/** Counts values in bins. */
export function inBins({ edges }: Bins, values: Float64Array): { counts: Float64Array; sums: Float64Array } {
  const ends = Float64Array.from(edges);
  const [counts, sums] = [new Float64Array(ends.length + 1), new Float64Array(ends.length + 1)];
  for (const value of values) addTo(ends, counts, sums, value);
  return { counts, sums };
}

/** Returns the place of the bin that a value belongs to. */
function binOf(edges: Float64Array, value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Adds a value to those in bins. */
export function addTo(edges: Float64Array, counts: Float64Array, sums: Float64Array, value: number): void {
  const bin = binOf(edges, value);
  counts[bin]!++;
  if (Number.isFinite(value)) sums[bin]! += value - edges[Math.max(0, bin - 1)]!;
}

/** Returns the different values, if there are at most `most`. */
function distinctValues(sorted: Float64Array, most: number): number[] | undefined {
  const values: number[] = [];
  for (const value of sorted) {
    if (value === values.at(-1)) continue;
    if (values.length === most) return undefined;
    values.push(value);
  }
  return values;
}

/** Returns the quantiles that divide the values into `parts`, interpolated linearly as NumPy does by default. */
function quantiles(sorted: Float64Array, parts: number): number[] {
  return Array.from({ length: parts - 1 }, (_, index) => {
    const place = ((index + 1) / parts) * (sorted.length - 1);
    const low = sorted[Math.floor(place)]!;
    const high = sorted[Math.ceil(place)]!;
    return low + (high - low) * (place - Math.floor(place));
  });
}

/** Number of values that are equal to one. */
function countOf(sorted: Float64Array, value: number): number {
  return binOf(sorted, above(value)) - binOf(sorted, value);
}

const BITS = new DataView(new ArrayBuffer(8));

/** Returns the next smaller double. */
function below(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  BITS.setFloat64(0, value);
  BITS.setBigInt64(0, BITS.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return BITS.getFloat64(0);
}

/** Returns the next larger double. */
function above(value: number): number {
  return -below(-value);
}
