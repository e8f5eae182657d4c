import { meanOf, type Weights } from './mean.js';

/** Numbers of a data set, one for each row. */
export interface Numbers {
  readonly expected: readonly number[];
  readonly predicted: readonly number[];
  readonly weights: Weights;
}

/** Smallest divisor of a relative error, as in scikit-learn. */
const EPSILON = 2 ** -52;

type Loss = (expected: number, predicted: number) => number;

function meanLoss({ expected, predicted, weights }: Numbers, loss: Loss): number {
  return meanOf(expected.length, weights, (row) => loss(expected[row]!, predicted[row]!));
}

export function meanAbsoluteError(numbers: Numbers): number {
  return meanLoss(numbers, (expected, predicted) => Math.abs(predicted - expected));
}

export function meanSquaredError(numbers: Numbers): number {
  return meanLoss(numbers, squaredError);
}

export function rootMeanSquaredError(numbers: Numbers): number {
  return Math.sqrt(meanSquaredError(numbers));
}

export function meanAbsolutePercentageError(numbers: Numbers): number {
  return meanLoss(
    numbers,
    (expected, predicted) => Math.abs(predicted - expected) / Math.max(Math.abs(expected), EPSILON),
  );
}

/** Mean of the squared differences of logarithms. NaN for numbers of -1 or less. */
export function meanSquaredLogError(numbers: Numbers): number {
  const isDefined = [...numbers.expected, ...numbers.predicted].every((value) => value > -1);
  if (!isDefined) return Number.NaN;
  return meanLoss(numbers, (expected, predicted) => (Math.log1p(predicted) - Math.log1p(expected)) ** 2);
}

export function rootMeanSquaredLogError(numbers: Numbers): number {
  return Math.sqrt(meanSquaredLogError(numbers));
}

/** Deviance of counts. NaN unless predictions are positive and expected numbers are not negative. */
export function meanPoissonDeviance(numbers: Numbers): number {
  if (!numbers.predicted.every((value) => value > 0) || !numbers.expected.every((value) => value >= 0))
    return Number.NaN;
  return meanLoss(numbers, (expected, predicted) => {
    const logTerm = expected === 0 ? 0 : expected * Math.log(expected / predicted);
    return 2 * (logTerm - expected + predicted);
  });
}

/** Deviance of amounts such as durations. NaN unless all numbers are positive. */
export function meanGammaDeviance(numbers: Numbers): number {
  if (![...numbers.predicted, ...numbers.expected].every((value) => value > 0)) return Number.NaN;
  return meanLoss(numbers, (expected, predicted) => 2 * (Math.log(predicted / expected) + expected / predicted - 1));
}

export function maxError({ expected, predicted }: Numbers): number {
  return expected.reduce((most, value, row) => Math.max(most, Math.abs(value - predicted[row]!)), 0);
}

export function medianAbsoluteError({ expected, predicted, weights }: Numbers): number {
  return weightedMedian(
    expected.map((value, row) => Math.abs(predicted[row]! - value)),
    weights,
  );
}

/** Share of the variance of the expected numbers that the predictions explain. NaN for less than two rows. */
export function r2(numbers: Numbers): number {
  if (numbers.expected.length < 2) return Number.NaN;
  return explainedShare(meanSquaredError(numbers), variance(numbers.expected, numbers.weights));
}

/** The same as `r2`, without a constant error of the predictions. */
export function explainedVariance({ expected, predicted, weights }: Numbers): number {
  const errors = expected.map((value, row) => value - predicted[row]!);
  return explainedShare(variance(errors, weights), variance(expected, weights));
}

function squaredError(expected: number, predicted: number): number {
  return (predicted - expected) ** 2;
}

/** Returns the explained share. If the expected numbers do not vary, it is 1 without an error, and else 0. */
function explainedShare(unexplained: number, total: number): number {
  if (total === 0) return unexplained === 0 ? 1 : 0;
  return 1 - unexplained / total;
}

function variance(values: readonly number[], weights: Weights): number {
  const mean = meanOf(values.length, weights, (row) => values[row]!);
  return meanOf(values.length, weights, (row) => (values[row]! - mean) ** 2);
}

/** Returns the middle value. Between two values it is their mean. */
function weightedMedian(values: readonly number[], weights: Weights): number {
  const weightOf = (row: number) => weights?.[row] ?? 1;
  const order = values.map((_, row) => row).filter((row) => weightOf(row) > 0);
  order.sort((one, other) => values[one]! - values[other]!);
  const half = order.reduce((sum, row) => sum + weightOf(row), 0) / 2;
  let below = 0;
  for (const [index, row] of order.entries()) {
    below += weightOf(row);
    if (below > half) return values[row]!;
    if (below === half) return (values[row]! + values[order[index + 1]!]!) / 2;
  }
  return Number.NaN;
}
