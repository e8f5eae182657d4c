import { figure } from '../../report/figure.js';
import { f1Of, precisionOf, recallOf } from '../metrics/class-counts.js';
import type { MetricData } from '../metrics/compute.js';
import { detectionsByClass } from '../metrics/detection.js';
import { countsByLabel } from '../metrics/entities.js';
import { type Rankings, recallAt } from '../metrics/ranking.js';
import type { MetricKind } from '../metrics/table.js';
import type { Figure, FigureTable, NameOf } from './figure.js';
import { confusionMatrix, contingencyMatrix } from './labels.js';
import { numberFigures } from './numbers.js';
import { labelScoreFigures, scoreFigures } from './scores.js';

/** What a report shows of each kind of data. */
export const FIGURES: { readonly [Kind in MetricKind]: (data: MetricData<Kind>, nameOf: NameOf) => Figure[] } = {
  numbers: numberFigures,
  labels: (data, nameOf) => [confusionMatrix(data, nameOf)],
  scores: scoreFigures,
  clusters: (data, nameOf) => [contingencyMatrix({ ...data, weights: undefined }, nameOf)],
  clusterShapes: () => [],
  labelSets: () => [],
  labelScores: labelScoreFigures,
  rankings: (data) => [recallByItems(data)],
  entities: (data) => [
    byClass(
      'Entities by label',
      ['label', 'expected', 'predicted', 'precision', 'recall', 'F1'],
      [...countsByLabel(data)].map(([label, counts]) => [
        label,
        counts.expected,
        counts.predicted,
        precisionOf(counts),
        recallOf(counts),
        f1Of(counts),
      ]),
    ),
  ],
  objects: (data) => [
    byClass(
      'Objects by class, at an overlap of 0.5',
      ['class', 'expected', 'predicted', 'average precision', 'recall'],
      detectionsByClass(data).map(({ label, expected, predicted, precision, recall }) => [
        label,
        expected,
        predicted,
        precision,
        recall,
      ]),
    ),
  ],
};

/** Largest number of first items in the chart of the recall. */
const MAXIMUM_ITEMS = 20;

function recallByItems(rankings: Rankings): Figure {
  const items = Array.from({ length: MAXIMUM_ITEMS }, (_, index) => index + 1);
  return {
    kind: 'chart',
    title: 'Recall by the number of items',
    x: { label: 'first items', range: [1, MAXIMUM_ITEMS] },
    y: { label: 'recall', range: [0, 1] },
    series: [{ name: 'recall', shape: 'line', points: items.map((count) => [count, recallAt(rankings, count)]) }],
  };
}

/** Returns a table with the most frequent class first. */
function byClass(
  title: string,
  headings: readonly string[],
  rows: readonly (readonly [label: string, expected: number, ...figures: number[]])[],
): FigureTable {
  const sorted = [...rows].sort(([, one], [, other]) => other - one);
  return { kind: 'table', title, headings, rows: sorted.map(([label, ...figures]) => [label, ...figures.map(figure)]) };
}
