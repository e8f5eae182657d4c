/** Values of a column, or scores of a class, in a half of the window. */
export interface LiveValues {
  /** Number of values in each bin, or of each category and, at the end, of all other strings. */
  readonly counts: Float64Array;
  /** Sums of the values in each bin, as in `BinnedValues`. */
  readonly sums: Float64Array;
  /** Number of missing values, which are in no bin. */
  missing: number;
  /** Number of values outside the range of the reference data. */
  outside: number;
}

/** @param summed number of bins with a sum */
export function noValues(bins: number, summed = bins): LiveValues {
  return { counts: new Float64Array(bins), sums: new Float64Array(summed), missing: 0, outside: 0 };
}

/** Adds values to others in the same bins. */
export function addValues(all: LiveValues, { counts, sums, missing, outside }: LiveValues): void {
  for (let bin = 0; bin < counts.length; bin++) all.counts[bin]! += counts[bin]!;
  for (let bin = 0; bin < sums.length; bin++) all.sums[bin]! += sums[bin]!;
  all.missing += missing;
  all.outside += outside;
}

/** Number of values, including missing ones. */
export function totalOf({ counts, missing }: LiveValues): number {
  return counts.reduce((sum, each) => sum + each, missing);
}
