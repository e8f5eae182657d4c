import { type ClassCounts, f1Of, totalOf } from './class-counts.js';
import { meanOf, plainMean, type Weights } from './mean.js';

/** Labels of each row. Several can be right at once. */
export interface LabelSets {
  /** 1 for each label that the row has, else 0. */
  readonly expected: readonly (readonly number[])[];
  /** Scores of the labels, or 1 and 0. */
  readonly predicted: readonly (readonly number[])[];
  readonly weights: Weights;
}

function meanOfRows(
  { expected, predicted, weights }: LabelSets,
  figureOf: (expected: readonly number[], predicted: readonly number[]) => number,
): number {
  return meanOf(expected.length, weights, (row) => figureOf(expected[row]!, predicted[row]!));
}

/** Share of the labels that are wrong. */
export function hammingLoss(sets: LabelSets): number {
  return meanOfRows(
    sets,
    (expected, predicted) => expected.filter((value, index) => value !== predicted[index]).length / expected.length,
  );
}

/** Share of the rows whose labels are all right. */
export function subsetAccuracy(sets: LabelSets): number {
  return meanOfRows(sets, (expected, predicted) =>
    expected.every((value, index) => value === predicted[index]) ? 1 : 0,
  );
}

/** Mean F1 score of the rows. 0 for rows without labels. */
export function f1Samples(sets: LabelSets): number {
  return meanOfRows(sets, (expected, predicted) => {
    const hits = expected.filter((value, index) => value === 1 && predicted[index] === 1).length;
    return f1Of({ hits, expected: countOf(expected), predicted: countOf(predicted) });
  });
}

/** Mean F1 score of the labels. 0 for labels that no row has. */
export function f1MacroOfSets(sets: LabelSets): number {
  return plainMean(countsOfLabels(sets).map(f1Of));
}

/** F1 score of all pairs of a row and a label. */
export function f1Micro(sets: LabelSets): number {
  return f1Of(totalOf(countsOfLabels(sets)));
}

/** Returns the counts of each label. */
function countsOfLabels({ expected, predicted, weights }: LabelSets): ClassCounts[] {
  return Array.from(expected[0]!, (_, label) => {
    const counts = { hits: 0, expected: 0, predicted: 0 };
    for (const [row, labels] of expected.entries()) {
      const weight = weights?.[row] ?? 1;
      const own = labels[label]!;
      const found = predicted[row]![label]!;
      counts.hits += weight * own * found;
      counts.expected += weight * own;
      counts.predicted += weight * found;
    }
    return counts;
  });
}

function countOf(labels: readonly number[]): number {
  return labels.filter((value) => value === 1).length;
}

/** Mean number of labels, by falling scores, until every label of the row is among them. */
export function coverageError(sets: LabelSets): number {
  return meanOfRows(sets, (expected, scores) => {
    const least = Math.min(...scores.filter((_, index) => expected[index] === 1));
    return scores.filter((score) => score >= least).length;
  });
}

/** Mean share of right labels among those with at least the score of each right label. */
export function labelRankingAveragePrecision(sets: LabelSets): number {
  return meanOfRows(sets, (expected, scores) => {
    const right = scores.filter((_, index) => expected[index] === 1);
    return right.length === 0 ? 1 : averagePrecisionOf(right, scores);
  });
}

/** Returns the mean share of right scores among all scores that are at least as high as each right one. */
export function averagePrecisionOf(right: readonly number[], scores: readonly number[]): number {
  const rankIn = (list: readonly number[], score: number) => list.filter((each) => each >= score).length;
  return right.reduce((sum, score) => sum + rankIn(right, score) / rankIn(scores, score), 0) / right.length;
}

/** Mean share of pairs of a right and a wrong label in which the wrong one has no lower score. */
export function labelRankingLoss(sets: LabelSets): number {
  return meanOfRows(sets, (expected, scores) => {
    const right = scores.filter((_, index) => expected[index] === 1);
    const wrong = scores.filter((_, index) => expected[index] !== 1);
    if (right.length === 0 || wrong.length === 0) return 0;
    const reversed = right.reduce((sum, score) => sum + wrong.filter((each) => each >= score).length, 0);
    return reversed / (right.length * wrong.length);
  });
}
