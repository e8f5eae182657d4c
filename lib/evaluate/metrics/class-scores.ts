import { meanOf, plainMean, type Weights } from './mean.js';

/** Scores of every class for each row of a data set. */
export interface ClassScores {
  /** Index of each row's class. */
  readonly expected: readonly number[];
  /** Scores of each row, by the index of the class. */
  readonly scores: readonly (readonly number[])[];
  readonly weights: Weights;
}

/** Whether the scores of all rows may be probabilities. */
export function areProbabilities(scores: readonly (readonly number[] | Float64Array)[]): boolean {
  return scores.every((own) => own.every((score) => score >= 0 && score <= 1));
}

/** Probabilities of 0 and 1 are moved by this much, so that a wrong one does not cost infinitely much. */
const EPSILON = 2 ** -52;

/** Mean negative logarithm of the probability of the expected class. */
export function logLoss({ expected, scores, weights }: ClassScores): number {
  return meanOf(expected.length, weights, (row) => {
    const probability = scores[row]![expected[row]!]!;
    return -Math.log(Math.min(Math.max(probability, EPSILON), 1 - EPSILON));
  });
}

/** Mean squared difference of the probabilities. Halved for two classes, whose differences are the same. */
export function brierScore({ expected, scores, weights }: ClassScores): number {
  return meanOf(expected.length, weights, (row) => {
    const squares = scores[row]!.map((score, index) => (score - (index === expected[row] ? 1 : 0)) ** 2);
    return squares.reduce((sum, each) => sum + each, 0) / (squares.length === 2 ? 2 : 1);
  });
}

/** Share of the rows whose class is one of the two with the highest scores. The later class wins a tie. */
export function top2Accuracy({ expected, scores, weights }: ClassScores): number {
  return meanOf(expected.length, weights, (row) => {
    const own = scores[row]![expected[row]!]!;
    const better = scores[row]!.filter((score, index) => score > own || (score === own && index > expected[row]!));
    return better.length < 2 ? 1 : 0;
  });
}

/**
 * Area under the ROC curve: of two classes the curve of the second, of several the mean over each class against the
 * others. NaN if a class has no rows.
 */
export function rocAuc(data: ClassScores): number {
  return plainMean(comparedClasses(data).map((index) => binaryRocAuc(ranked(data, index))));
}

/** The same as `rocAuc`, with each class weighted by its rows, so that a class without rows does not count. */
export function rocAucWeighted(data: ClassScores): number {
  const classes = comparedClasses(data);
  const rows = classes.map((index) =>
    data.expected.reduce((sum, each, row) => sum + (each === index ? (data.weights?.[row] ?? 1) : 0), 0),
  );
  const areas = classes.map((index) => binaryRocAuc(ranked(data, index)));
  return meanOf(areas.length, rows, (index) => areas[index]!);
}

/** Mean precision over the recall: of two classes that of the second, of several the mean over the classes. */
export function averagePrecision(data: ClassScores): number {
  return plainMean(comparedClasses(data).map((index) => binaryAveragePrecision(ranked(data, index))));
}

/** Returns the classes that are each compared with the others. With two classes, the first says the same as the second. */
export function comparedClasses({ scores }: ClassScores): number[] {
  const indices = Array.from(scores[0] ?? [], (_, index) => index);
  return indices.length === 2 ? [1] : indices;
}

/** Rows with the same score, as the weights of those of a class and of the others. */
export interface Tie {
  readonly own: number;
  readonly others: number;
}

/** Returns the rows by falling scores of a class. */
export function ranked({ expected, scores, weights }: ClassScores, index: number): Tie[] {
  const byScore = new Map<number, { own: number; others: number }>();
  for (const [row, { [index]: score }] of scores.entries()) {
    const tie = byScore.get(score!) ?? { own: 0, others: 0 };
    tie[expected[row] === index ? 'own' : 'others'] += weights?.[row] ?? 1;
    byScore.set(score!, tie);
  }
  return [...byScore].sort(([one], [other]) => other - one).map(([, tie]) => tie);
}

function binaryRocAuc(ties: readonly Tie[]): number {
  let own = 0;
  let others = 0;
  let area = 0;
  for (const tie of ties) {
    area += tie.others * (own + tie.own / 2);
    own += tie.own;
    others += tie.others;
  }
  return area / (own * others);
}

function binaryAveragePrecision(ties: readonly Tie[]): number {
  const total = ties.reduce((sum, { own }) => sum + own, 0);
  if (total === 0) return 0;
  let own = 0;
  let all = 0;
  let sum = 0;
  for (const tie of ties) {
    own += tie.own;
    all += tie.own + tie.others;
    if (all > 0) sum += (tie.own / total) * (own / all);
  }
  return sum;
}
