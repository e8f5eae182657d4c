import { type ClassCounts, type ClassShare, f1Of, jaccardOf, precisionOf, recallOf } from './class-counts.js';
import { meanOf, plainMean, type Weights } from './mean.js';

/** Class of a row: a name or a whole number. */
export type Label = string | number;

/** Classes of a data set, one for each row. */
export interface Labels {
  readonly expected: readonly Label[];
  readonly predicted: readonly Label[];
  readonly weights: Weights;
}

/** Returns the counts of each class that was expected or predicted. */
function countsOf({ expected, predicted, weights }: Labels): ClassCounts[] {
  const counts = new Map<Label, { hits: number; expected: number; predicted: number }>();
  const of = (label: Label) => {
    const found = counts.get(label) ?? { hits: 0, expected: 0, predicted: 0 };
    counts.set(label, found);
    return found;
  };
  for (const [row, label] of expected.entries()) {
    const weight = weights?.[row] ?? 1;
    of(label).expected += weight;
    of(predicted[row]!).predicted += weight;
    if (label === predicted[row]) of(label).hits += weight;
  }
  return [...counts.values()];
}

/** Returns the mean over the classes, all with the same weight. */
function macro(labels: Labels, shareOf: ClassShare): number {
  return plainMean(countsOf(labels).map(shareOf));
}

/** Returns the mean over the classes, each weighted with its rows. */
function weighted(labels: Labels, shareOf: ClassShare): number {
  const counts = countsOf(labels);
  const weights = counts.map(({ expected }) => expected);
  return meanOf(counts.length, weights, (index) => shareOf(counts[index]!));
}

export function accuracy({ expected, predicted, weights }: Labels): number {
  return meanOf(expected.length, weights, (row) => (expected[row] === predicted[row] ? 1 : 0));
}

/** Mean recall of the classes that have rows. */
export function balancedAccuracy(labels: Labels): number {
  const present = countsOf(labels).filter(({ expected }) => expected > 0);
  return plainMean(present.map(recallOf));
}

export function precisionMacro(labels: Labels): number {
  return macro(labels, precisionOf);
}

export function recallMacro(labels: Labels): number {
  return macro(labels, recallOf);
}

export function f1Macro(labels: Labels): number {
  return macro(labels, f1Of);
}

export function jaccardMacro(labels: Labels): number {
  return macro(labels, jaccardOf);
}

export function precisionWeighted(labels: Labels): number {
  return weighted(labels, precisionOf);
}

export function recallWeighted(labels: Labels): number {
  return weighted(labels, recallOf);
}

export function f1Weighted(labels: Labels): number {
  return weighted(labels, f1Of);
}

/** Correlation of expected and predicted classes. 0 if one class was expected or predicted for all rows. */
export function matthewsCorrelation(labels: Labels): number {
  const counts = countsOf(labels);
  // Sums of weights in another order differ by rounding, so the variance of one class is not exactly 0.
  const isConstant = (sideOf: ClassShare) => counts.filter((each) => sideOf(each) > 0).length < 2;
  if (isConstant(({ expected }) => expected) || isConstant(({ predicted }) => predicted)) return 0;
  const sum = (figureOf: ClassShare) => counts.reduce((all, each) => all + figureOf(each), 0);
  const rows = sum(({ expected }) => expected);
  const covariance = sum(({ hits }) => hits) * rows - sum(({ expected, predicted }) => expected * predicted);
  const spread =
    (rows ** 2 - sum(({ predicted }) => predicted ** 2)) * (rows ** 2 - sum(({ expected }) => expected ** 2));
  return covariance / Math.sqrt(spread);
}

/** Agreement beyond that of chance. NaN if all rows have one class. */
export function cohensKappa(labels: Labels): number {
  const counts = countsOf(labels);
  if (counts.length < 2) return Number.NaN;
  const rows = counts.reduce((sum, { expected }) => sum + expected, 0);
  const chance = counts.reduce((sum, { expected, predicted }) => sum + (expected * predicted) / rows, 0);
  const hits = counts.reduce((sum, each) => sum + each.hits, 0);
  return 1 - (rows - hits) / (rows - chance);
}
