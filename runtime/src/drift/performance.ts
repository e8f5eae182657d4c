import { argmax } from '../tensor/argmax.js';
import { addTo } from './bins.js';
import { type Calibration, calibrate, expectedRows, type LabelledScore } from './calibration.js';
import type { CalibratedClass, PerformanceMeasure, ReferencePerformance } from './columns.js';
import { type LiveValues, noValues, totalOf } from './live-values.js';

/** Least share of rows and of inputs in the range of the reference data, for an estimate. */
const LEAST_COVERAGE = 0.95;

/** Largest standard error of the accuracy, for an estimate. */
const MOST_ERROR = 0.03;

/** Scores of one row, and its class. */
export interface LabelledRow {
  readonly scores: ArrayLike<number>;
  /** Place of the class. */
  readonly label: number;
}

/** Learns what the scores of a classifier mean from at least one row. All rows have the same number of scores. */
export function performanceOf(output: string, rows: readonly LabelledRow[]): ReferencePerformance {
  const count = rows[0]!.scores.length;
  const predicted = rows.map(({ scores }) => argmax(scores));
  const totals = Array.from({ length: count }, noRows);
  for (const [row, { label }] of rows.entries()) {
    totals[label]!.actual++;
    totals[predicted[row]!]!.predicted++;
    if (label === predicted[row]) totals[label]!.right++;
  }
  const classes = totals.map((_, place) => {
    const parts: [LabelledScore[], LabelledScore[]] = [[], []];
    for (const [row, { scores, label }] of rows.entries()) {
      parts[predicted[row] === place ? 1 : 0].push({ score: scores[place]!, isOfClass: label === place });
    }
    return { other: calibrate(parts[0]), predicted: calibrate(parts[1]) };
  });
  return { output, rows: rows.length, measures: measuresOf(totals), classes };
}

/** Counts the scores of rows, for an estimate of how many predictions are right. */
export class ScoreCounter {
  /** Knots of each class in rows that are predicted to be of another, and of it. */
  private readonly parts: readonly CountedScores[];

  constructor({ classes }: ReferencePerformance) {
    this.parts = calibrationsOf(classes).map((calibration) => ({
      min: calibration?.min ?? Number.POSITIVE_INFINITY,
      max: calibration?.max ?? Number.NEGATIVE_INFINITY,
      knots: Float64Array.from(calibration?.knots ?? []),
    }));
  }

  get classes(): number {
    return this.parts.length / 2;
  }

  /** Counts the scores of a row. */
  count(live: readonly LiveValues[], scores: ArrayLike<number>): void {
    const { parts, classes } = this;
    const predicted = argmax(scores);
    for (let place = 0; place < classes; place++) {
      const index = 2 * place + Number(place === predicted);
      const values = live[index]!;
      const { min, max, knots } = parts[index]!;
      const score = scores[place]!;
      if (!(score >= min && score <= max)) values.outside++;
      if (Number.isNaN(score) || knots.length === 0) values.missing++;
      else addTo(knots, values.counts, values.sums, score);
    }
  }
}

/** Scores of a class, prepared for counting. */
interface CountedScores {
  readonly min: number;
  readonly max: number;
  readonly knots: Float64Array;
}

/** Returns counts of no scores: for each class, those of rows that are predicted to be of another, and of it. */
export function noScores({ classes }: ReferencePerformance): LiveValues[] {
  return calibrationsOf(classes).map((calibration) => noValues(calibration ? calibration.knots.length + 1 : 0));
}

/** Returns for each class the calibration of rows that are predicted to be of another, and of those predicted to be of it. */
function calibrationsOf(classes: readonly CalibratedClass[]): readonly (Calibration | undefined)[] {
  return classes.flatMap(({ other, predicted }) => [other, predicted]);
}

/** Estimate of how well a classifier predicts some rows. */
export interface PerformanceEstimate {
  /** Number of rows. */
  readonly rows: number;
  /** Standard error of the accuracy that comes from the number of rows in the reference data. */
  readonly error: number;
  /** Share of rows whose class has a score in the range of the reference data. */
  readonly coverage: number;
  /** @default - the reference data cannot tell, because it covers too few rows or has too few rows itself */
  readonly measures?: Readonly<Record<PerformanceMeasure, number>> | undefined;
}

/**
 * Estimates figures without labels, from the shares of the reference data at the same scores. It is right while rows with the same
 * scores are as often of a class as before.
 *
 * @param covered share of the inputs in the range of the reference data
 * @returns undefined without rows
 */
export function estimatePerformance(
  { classes }: ReferencePerformance,
  live: readonly LiveValues[],
  covered = 1,
): PerformanceEstimate | undefined {
  let [rows, outside, variance] = [0, 0, 0];
  const totals = classes.map(({ other, predicted }, place) => {
    const [others, own] = [live[2 * place]!, live[2 * place + 1]!];
    const right = predicted && expectedRows(predicted, own);
    const wrong = other && expectedRows(other, others);
    const count = totalOf(own);
    rows += count;
    outside += own.outside;
    variance += right?.variance ?? 0;
    return { right: right?.rows ?? 0, predicted: count, actual: (right?.rows ?? 0) + (wrong?.rows ?? 0) };
  });
  if (rows === 0) return undefined;
  const error = Math.sqrt(variance) / rows;
  const coverage = Math.min(covered, 1 - outside / rows);
  const isKnown = coverage >= LEAST_COVERAGE && error <= MOST_ERROR;
  return { rows, error, coverage, measures: isKnown ? measuresOf(totals) : undefined };
}

/** Rows of a class: predicted to be of it, actually of it, and both. They need not be whole numbers. */
interface ClassRows {
  predicted: number;
  actual: number;
  right: number;
}

function noRows(): ClassRows {
  return { predicted: 0, actual: 0, right: 0 };
}

/** Returns figures of rows by class. The macro average is over the classes that rows are, or are predicted to be. */
function measuresOf(classes: readonly ClassRows[]): Record<PerformanceMeasure, number> {
  const found = classes.filter(({ predicted, actual }) => predicted + actual > 0);
  const total = (of: (rows: ClassRows) => number) => found.reduce((sum, rows) => sum + of(rows), 0);
  return {
    accuracy: total(({ right }) => right) / total(({ predicted }) => predicted),
    f1_macro: total(({ right, predicted, actual }) => (2 * right) / (predicted + actual)) / found.length,
  };
}
