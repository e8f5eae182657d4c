import type { Tensor, TensorSpec } from '@modelship/runtime';
import { expect, test } from 'vitest';
import type { Figure } from '../../../lib/evaluate/figures/figure.js';
import { htmlReport } from '../../../lib/evaluate/html-report.js';
import { evaluationOf, type Task } from '../../../lib/evaluate/tasks/index.js';
import type { Chart, Point } from '../../../lib/report/chart.js';

function evaluated(
  spec: TensorSpec,
  labels: readonly unknown[],
  data: Tensor['data'],
  weights?: readonly number[],
  task?: Task,
) {
  const evaluation = evaluationOf([spec], task);
  const rows = labels.map((label, index) => ({ place: `row ${index}`, label, weight: weights?.[index] }));
  evaluation.add(rows, [{ ...spec, data, shape: [rows.length, data.length / rows.length] }]);
  return evaluation;
}

const titled = <Kind extends Figure['kind']>(figures: readonly Figure[], title: string) =>
  figures.find((each) => each.title === title) as Extract<Figure, { kind: Kind }>;

const pointsOf = ({ series }: Chart, name: string) => series.find((each) => each.name === name)!.points;

const SCORES: TensorSpec = { name: 'scores', datatype: 'FP32', shape: [-1, 2], labels: ['no', 'yes'] };

// Scores with ties, and rows of different weights.
const YES = [0.05, 0.4, 0.4, 0.35, 0.8, 0.8, 0.8, 0.95];
const CLASSIFIER = evaluated(
  SCORES,
  ['no', 'no', 'yes', 'yes', 'no', 'yes', 'yes', 'yes'],
  Float32Array.from(YES.flatMap((yes) => [1 - yes, yes])),
  [1, 2, 1, 0, 3, 1, 1, 2],
);

test('the areas under the drawn curves are the metrics', () => {
  const figures = CLASSIFIER.figures();
  const { roc_auc: area, average_precision: precision } = CLASSIFIER.all().metrics;
  const roc = pointsOf(titled<'chart'>(figures, 'ROC curve'), 'yes');
  const between = (each: (before: Point, after: Point) => number, points: readonly Point[]) =>
    points.slice(1).reduce((sum, point, index) => sum + each(points[index]!, point), 0);
  expect(between(([left, low], [right, high]) => ((right - left) * (low + high)) / 2, roc)).toBeCloseTo(area!, 12);
  const curve = pointsOf(titled<'chart'>(figures, 'Precision and recall'), 'yes');
  expect(between(([left], [right, high]) => (right - left) * high, [[0, 1], ...curve])).toBeCloseTo(precision!, 12);
});

test('the reliability diagram has the share of right rows by score', () => {
  const chart = titled<'chart'>(CLASSIFIER.figures(), 'Reliability');
  const right = pointsOf(chart, 'right');
  // The rows of 0.8 weigh 3 for a wrong and 1 each for two right predictions.
  expect(right.find(([score]) => Math.abs(score - 0.8) < 1e-6)![1]).toBeCloseTo(2 / 5, 12);
  expect(pointsOf(chart, 'rows').reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 12);
});

test('scores that are not probabilities have no reliability diagram', () => {
  const figures = evaluated(SCORES, ['no', 'yes'], Float32Array.of(3, -1, -2, 4)).figures();
  expect(figures.map(({ title }) => title)).toEqual(['Confusion matrix', 'ROC curve', 'Precision and recall']);
});

test('the confusion matrix has the weights of the rows', () => {
  expect(titled<'matrix'>(CLASSIFIER.figures(), 'Confusion matrix')).toMatchObject({
    rows: ['no', 'yes'],
    columns: ['no', 'yes'],
    counts: [
      [3, 3],
      [1, 4],
    ],
  });
});

test('a confusion matrix of many classes has the most frequent ones, and all others together', () => {
  const labels = Array.from({ length: 60 }, (_, row) => (row < 30 ? `class ${row}` : 'class 0'));
  const spec: TensorSpec = { name: 'label', datatype: 'BYTES', shape: [-1] };
  const data = labels.map((label) => Buffer.from(label));
  const { rows, counts, note } = titled<'matrix'>(evaluated(spec, labels, data).figures(), 'Confusion matrix');
  expect(rows).toHaveLength(21);
  expect(rows.at(-1)).toBe('others');
  expect(counts[0]![0]).toBe(31);
  expect(counts.at(-1)!.at(-1)).toBe(10);
  expect(note).toContain('20 most frequent');
});

test('numbers have their residuals, and at most 1,000 points', () => {
  const actual = Array.from({ length: 3000 }, (_, row) => row);
  const spec: TensorSpec = { name: 'y', datatype: 'FP64', shape: [-1] };
  const figures = evaluated(
    spec,
    actual,
    Float64Array.from(actual, (value) => value + 2),
  ).figures();
  const residuals = titled<'chart'>(figures, 'Residuals');
  expect(pointsOf(residuals, 'rows')).toHaveLength(1000);
  expect(pointsOf(residuals, 'rows').every(([, residual]) => residual === 2)).toBe(true);
  expect(residuals.note).toBe('1000 of 3000 rows are shown.');
  const bars = pointsOf(titled<'chart'>(figures, 'Distribution of the residuals'), 'count');
  expect(bars.reduce((sum, [, count]) => sum + count, 0)).toBe(3000);
});

test('other tasks have their own figures', () => {
  const parts = (name: string, label: object, found: object) =>
    evaluated({ name, datatype: 'BYTES', shape: [-1] }, [[label]], [Buffer.from(JSON.stringify([found]))]).figures();
  const person = { start: 0, end: 4 };
  expect(parts('entities', { label: 'PER', ...person }, { entity_group: 'PER', ...person })).toMatchObject([
    { title: 'Entities by label', rows: [['PER', '1', '1', '1', '1', '1']] },
  ]);
  const box = { xmin: 0, ymin: 0, xmax: 4, ymax: 4 };
  expect(parts('objects', { label: 'cat', box }, { label: 'cat', box, score: 0.5 })).toMatchObject([
    { rows: [['cat', '1', '1', expect.stringMatching(/^1/), '1']] },
  ]);
  expect(
    evaluated(SCORES, [['no'], ['yes']], Float32Array.of(1, 0, 0, 1), undefined, 'multilabel')
      .figures()
      .map(({ title }) => title),
  ).toEqual(['ROC curve', 'Precision and recall']);
});

test('the page escapes names, and refers to nothing else', () => {
  const spec: TensorSpec = { name: 'label', datatype: 'BYTES', shape: [-1] };
  const evaluation = evaluated(spec, ['<script>', 'b'], [Buffer.from('<script>'), Buffer.from('"b')]);
  const page = htmlReport(
    {
      target: '<img src=x>',
      dataSet: 'a&b.csv',
      all: evaluation.all(),
      unit: 'rows',
      slices: [],
      limits: [{ metric: 'accuracy', bound: 'min', limit: 0.9, value: 0.5, isMet: false }],
      isInterrupted: false,
    },
    evaluation.figures(),
  );
  expect(page).not.toMatch(/<script|<img|a&b|(src|href)="|url\(/);
  expect(page).toContain('missed');
});
