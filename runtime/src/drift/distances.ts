import type { BinnedValues, Distribution } from './bins.js';
import type { ReferenceEmbedding } from './columns.js';

/** Measure of the difference between two distributions. */
export type DriftMeasure =
  | 'psi'
  | 'ks'
  | 'jensen_shannon'
  | 'wasserstein'
  | 'missing'
  | 'outside'
  | 'mean_shift'
  | 'cosine';

/** Least share of a bin in the population stability index, which has no value for empty bins. */
const LEAST_SHARE = 1e-4;

/**
 * Returns how far the distribution of numbers is from that of the reference data.
 *
 * - `psi`: population stability index over ten bins of equal shares of the reference data
 * - `ks`: statistic of Kolmogorov and Smirnov, the largest difference of the cumulative distributions
 * - `jensen_shannon`: distance of Jensen and Shannon to base 2 over the same ten bins, from 0 to 1
 * - `wasserstein`: earth mover's distance in standard deviations of the reference data; absent if it is constant
 */
export function numberDistances(reference: Distribution, live: BinnedValues): Partial<Record<DriftMeasure, number>> {
  const { edges, coarse, deviation } = reference;
  const [before, now] = [coarseShares(coarse, reference), coarseShares(coarse, live)];
  return {
    ...categoryDistances(before, now),
    ks: largestDifference(reference, live),
    ...(deviation > 0 && { wasserstein: areaBetween(edges, reference, live) / deviation }),
  };
}

/** Returns `psi` and `jensen_shannon` of two lists of counts or shares. */
export function categoryDistances(
  reference: ArrayLike<number>,
  live: ArrayLike<number>,
): Partial<Record<DriftMeasure, number>> {
  const [before, now] = [sharesOf(reference), sharesOf(live)];
  let psi = 0;
  let divergence = 0;
  for (const [bin, p] of before.entries()) {
    const q = now[bin]!;
    const [expected, actual] = [Math.max(p, LEAST_SHARE), Math.max(q, LEAST_SHARE)];
    psi += (actual - expected) * Math.log(actual / expected);
    const middle = (p + q) / 2;
    if (p > 0) divergence += (p * Math.log2(p / middle)) / 2;
    if (q > 0) divergence += (q * Math.log2(q / middle)) / 2;
  }
  return { psi, jensen_shannon: Math.sqrt(Math.max(0, divergence)) };
}

/**
 * Returns how far the mean of vectors is from that of the reference data.
 *
 * - `mean_shift`: distance of the means, in root mean squared distances of the reference vectors to their mean; absent if
 *   these are all the same
 * - `cosine`: cosine distance of the means, from 0 to 2; absent if one of them is 0
 */
export function embeddingDistances(
  { mean, variance }: ReferenceEmbedding,
  rows: number,
  sums: ArrayLike<number>,
): Partial<Record<DriftMeasure, number>> {
  let [squared, product, before, now] = [0, 0, 0, 0];
  for (const [place, expected] of mean.entries()) {
    const actual = sums[place]! / rows;
    squared += (actual - expected) ** 2;
    product += actual * expected;
    before += expected ** 2;
    now += actual ** 2;
  }
  const lengths = Math.sqrt(before * now);
  return {
    ...(variance > 0 && { mean_shift: Math.sqrt(squared / variance) }),
    ...(lengths > 0 && { cosine: Math.max(0, 1 - product / lengths) }),
  };
}

function totalOf(counts: ArrayLike<number>): number {
  let total = 0;
  for (let bin = 0; bin < counts.length; bin++) total += counts[bin]!;
  return total;
}

function sharesOf(counts: ArrayLike<number>): number[] {
  const total = totalOf(counts);
  return Array.from(counts, (count) => count / total);
}

function coarseShares(coarse: readonly number[], { counts }: BinnedValues): number[] {
  const shares = new Array<number>(coarse.length + 1).fill(0);
  let place = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    shares[place]! += counts[bin]!;
    if (bin === coarse[place]) place++;
  }
  return shares;
}

function largestDifference(reference: BinnedValues, live: BinnedValues): number {
  const totals = [totalOf(reference.counts), totalOf(live.counts)] as const;
  let [expected, actual] = [0, 0];
  let largest = 0;
  for (let bin = 0; bin < live.counts.length; bin++) {
    expected += reference.counts[bin]!;
    actual += live.counts[bin]!;
    largest = Math.max(largest, Math.abs(expected / totals[0] - actual / totals[1]));
  }
  return largest;
}

/**
 * Returns the area between the cumulative distributions. Within a bin, all values of a distribution count as their mean,
 * which gives the exact area unless the distributions cross in that bin.
 */
function areaBetween(edges: ArrayLike<number>, reference: BinnedValues, live: BinnedValues): number {
  const [before, now] = [sharesOf(reference.counts), sharesOf(live.counts)];
  let difference = 0;
  let area = 0;
  for (let bin = 0; bin < before.length; bin++) {
    const origin = edges[Math.max(0, bin - 1)]!;
    // A distribution without values in the bin has no step there, so the place of the step does not matter.
    const [expected, actual] = [meanOf(reference, bin), meanOf(live, bin)];
    const start = bin === 0 ? Math.min(expected, actual) : 0;
    const end = bin === edges.length ? Math.max(expected, actual) : edges[bin]! - origin;
    const isFirst = expected < actual;
    const [first, second] = isFirst ? [expected, actual] : [actual, expected];
    area += Math.abs(difference) * (first - start);
    area += Math.abs(difference + (isFirst ? -before[bin]! : now[bin]!)) * (second - first);
    difference += now[bin]! - before[bin]!;
    area += Math.abs(difference) * (end - second);
  }
  return area;
}

/** Returns the mean distance of the values in a bin to its origin. */
function meanOf({ counts, sums }: BinnedValues, bin: number): number {
  return counts[bin]! > 0 ? sums[bin]! / counts[bin]! : 0;
}
