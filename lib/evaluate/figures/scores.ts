import type { Chart, Point, Series } from '../../report/chart.js';
import { figure } from '../../report/figure.js';
import { areProbabilities, type ClassScores, comparedClasses, ranked, type Tie } from '../metrics/class-scores.js';
import type { LabelSets } from '../metrics/label-sets.js';
import type { Figure, NameOf } from './figure.js';
import { thinned } from './thinned.js';

/** Most classes whose curves are drawn. */
const MAXIMUM_CURVES = 6;

/** Bins of the reliability diagram. */
const BINS = 10;

const SHARE: readonly [number, number] = [0, 1];

/** Rows by falling scores of one class. */
interface RankedClass {
  readonly name: string;
  readonly ties: readonly Tie[];
}

/** Returns the curves of the scores of classes, and how far they are probabilities. */
export function scoreFigures(data: ClassScores, nameOf: NameOf): Figure[] {
  const classes = comparedClasses(data).map((index) => ({ name: nameOf(index), ties: ranked(data, index) }));
  const reliability = reliabilityDiagram(data);
  return [rocCurves(classes), precisionRecallCurves(classes), ...(reliability ? [reliability] : [])];
}

/** Returns the curves of the scores of labels. Several labels of a row can be right. */
export function labelScoreFigures({ expected, predicted, weights }: LabelSets, nameOf: NameOf): Figure[] {
  const classes = Array.from(predicted[0] ?? [], (_, label) => ({
    name: nameOf(label),
    ties: ranked(
      {
        expected: expected.map((labels) => (labels[label] === 1 ? 0 : 1)),
        scores: predicted.map((scores) => [scores[label]!]),
        weights,
      },
      0,
    ),
  }));
  return [rocCurves(classes), precisionRecallCurves(classes)];
}

function rocCurves(classes: readonly RankedClass[]): Chart {
  const chance: Series = {
    name: 'chance',
    shape: 'line',
    points: [
      [0, 0],
      [1, 1],
    ],
    isReference: true,
  };
  return {
    kind: 'chart',
    title: 'ROC curve',
    x: { label: 'false positive rate', range: SHARE },
    y: { label: 'true positive rate', range: SHARE },
    ...curves(classes, (own, others, total) => [others / total.others, own / total.own], [0, 0], [chance]),
  };
}

function precisionRecallCurves(classes: readonly RankedClass[]): Chart {
  return {
    kind: 'chart',
    title: 'Precision and recall',
    x: { label: 'recall', range: SHARE },
    y: { label: 'precision', range: SHARE },
    ...curves(classes, (own, others, total) => [own / total.own, own / (own + others)]),
  };
}

/** Returns a curve for each class that has rows and others, the most frequent ones only. */
function curves(
  classes: readonly RankedClass[],
  pointOf: (own: number, others: number, total: Tie) => Point,
  first?: Point,
  references: readonly Series[] = [],
): Pick<Chart, 'series' | 'note'> {
  const defined = classes
    .map(({ name, ties }) => ({ name, ties, total: { own: sum(ties, 'own'), others: sum(ties, 'others') } }))
    .filter(({ total }) => total.own > 0 && total.others > 0)
    .sort((one, other) => other.total.own - one.total.own);
  const series = defined.slice(0, MAXIMUM_CURVES).map(({ name, ties, total }): Series => {
    let [own, others] = [0, 0];
    const points = ties.flatMap((tie): Point[] => {
      own += tie.own;
      others += tie.others;
      return own + others > 0 ? [pointOf(own, others, total)] : [];
    });
    return { name, shape: 'line', points: thinned(first ? [first, ...points] : points) };
  });
  const isCut = defined.length > MAXIMUM_CURVES;
  return {
    series: [...series, ...references],
    ...(isCut && { note: `The ${MAXIMUM_CURVES} classes with most rows of ${defined.length} are shown.` }),
  };
}

/** Returns how often the predicted class is right, by its score. Undefined if the scores are not probabilities. */
function reliabilityDiagram({ expected, scores, weights }: ClassScores): Chart | undefined {
  if (!areProbabilities(scores)) return undefined;
  const bins = Array.from({ length: BINS }, () => ({ rows: 0, confidence: 0, right: 0 }));
  for (const [row, own] of scores.entries()) {
    const confidence = Math.max(...own);
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    const weight = weights?.[row] ?? 1;
    bin.rows += weight;
    bin.confidence += weight * confidence;
    if (own.indexOf(confidence) === expected[row]) bin.right += weight;
  }
  const filled = bins.filter(({ rows }) => rows > 0);
  const all = filled.reduce((total, { rows }) => total + rows, 0);
  const error = filled.reduce((total, { confidence, right }) => total + Math.abs(confidence - right), 0) / all;
  return {
    kind: 'chart',
    title: 'Reliability',
    x: { label: 'score of the predicted class', range: SHARE },
    y: { label: 'share', range: SHARE },
    series: [
      {
        name: 'right',
        shape: 'line',
        points: filled.map(({ rows, confidence, right }) => [confidence / rows, right / rows]),
      },
      { name: 'rows', shape: 'bars', points: bins.map(({ rows }, bin) => [(bin + 0.5) / BINS, rows / all]) },
      {
        name: 'calibrated',
        shape: 'line',
        points: [
          [0, 0],
          [1, 1],
        ],
        isReference: true,
      },
    ],
    note: `Expected calibration error: ${figure(error)}, the mean distance of the score from the share that is right.`,
  };
}

function sum(ties: readonly Tie[], side: keyof Tie): number {
  return ties.reduce((total, tie) => total + tie[side], 0);
}
