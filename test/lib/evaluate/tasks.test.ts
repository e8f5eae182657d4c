import type { Tensor, TensorSpec } from '@modelship/runtime';
import { describe, expect, test } from 'vitest';
import { compareVersions } from '../../../lib/evaluate/comparison/compare-versions.js';
import type { ExpectedRow } from '../../../lib/evaluate/row-evaluation.js';
import { evaluationOf, type Task } from '../../../lib/evaluate/tasks/index.js';

const tensor = (spec: TensorSpec, data: Tensor['data'], shape: readonly number[]): Tensor => ({ ...spec, data, shape });

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

const rowsOf = (labels: readonly unknown[], others: Partial<ExpectedRow> = {}): ExpectedRow[] =>
  labels.map((label, index) => ({ place: `rows.jsonl, line ${index + 1}`, label, ...others }));

function evaluated(spec: TensorSpec, rows: readonly ExpectedRow[], data: Tensor['data'], task?: Task) {
  const evaluation = evaluationOf([spec], task);
  evaluation.add(rows, [tensor(spec, data, [rows.length, data.length / rows.length])]);
  return evaluation;
}

describe('multilabel', () => {
  const spec: TensorSpec = { name: 'scores', datatype: 'FP32', shape: [-1, 3], labels: ['news', 'sport', 'art'] };
  const scores = Float32Array.of(0.9, 0.6, 0.1, 0.2, 0.4, 0.3);

  test('takes labels as a list, or as text with |', () => {
    const { metrics } = evaluated(spec, rowsOf([['news', 'sport'], 'sport|art']), scores, 'multilabel').all();
    expect(metrics).toMatchObject({ subset_accuracy: 0.5, f1_micro: 2 / 3, f1_samples: 0.5 });
    expect(metrics.hamming_loss).toBeCloseTo(2 / 6, 12);
    expect(metrics.label_ranking_loss).toBe(0);
  });

  test.each([[['rose']], ['rose'], [7]])('%j is not a label', (label) => {
    expect(() => evaluated(spec, rowsOf([label]), scores, 'multilabel')).toThrow(/line 1 has the label/);
  });
});

describe('ranking', () => {
  const spec: TensorSpec = { name: 'score', datatype: 'FP32', shape: [-1] };
  const query = (name: string, labels: readonly number[]) => rowsOf(labels, { query: name });

  test('collects the rows of a query, wherever they are', () => {
    const [first, second, third] = query('a', [0, 1, 0]) as [ExpectedRow, ExpectedRow, ExpectedRow];
    const [other] = query('b', [1]) as [ExpectedRow];
    const evaluation = evaluated(spec, [first, other, second, third], Float32Array.of(0.9, 0.1, 0.5, 0.2), 'ranking');
    expect(evaluation.all()).toMatchObject({
      rows: 2,
      metrics: { mean_reciprocal_rank: 0.75, recall_at_1: 0.5, recall_at_5: 1, ndcg: (1 / Math.log2(3) + 1) / 2 },
    });
    expect(evaluation.unit).toBe('queries');
  });

  test('an item that ties with others has the last of their ranks', () => {
    const { metrics } = evaluated(spec, query('a', [1, 0, 0]), Float32Array.of(1, 1, 0), 'ranking').all();
    expect(metrics.mean_reciprocal_rank).toBe(0.5);
  });

  test('a negative relevance is an error', () => {
    expect(() => evaluated(spec, query('a', [-1]), Float32Array.of(1), 'ranking')).toThrow(/relevance -1/);
  });

  test('versions are compared by their queries', () => {
    const rows = Array.from({ length: 40 }, (_, index) => query(String(index), [1, 0])).flat();
    const right = evaluated(
      spec,
      rows,
      new Float32Array(80).map((_, row) => 1 - (row % 2)),
      'ranking',
    );
    const wrong = evaluated(
      spec,
      rows,
      new Float32Array(80).map((_, row) => row % 2),
      'ranking',
    );
    expect(compareVersions(wrong, right, 'mean_reciprocal_rank')).toMatchObject({ rows: 40, gain: -0.5 });
  });
});

describe('recommendation', () => {
  const spec: TensorSpec = { name: 'recommendations', datatype: 'BYTES', shape: [-1] };
  const recommended = (...items: readonly (string | number)[]) =>
    json({ items: items.map((item) => ({ item, score: 0.5 })), source: 'user' });

  test('compares places, also of equal scores, and relevant items that are not recommended have none', () => {
    const { metrics } = evaluated(spec, rowsOf([['a', 'b', 'c']]), [recommended('a', 'x', 'b')]).all();
    const gain = (...places: readonly number[]) => places.reduce((sum, place) => sum + 1 / Math.log2(place + 1), 0);
    expect(metrics).toMatchObject({ mean_reciprocal_rank: 1, recall_at_1: 1 / 3, recall_at_10: 2 / 3 });
    expect(metrics.mean_average_precision).toBeCloseTo((1 + 2 / 3) / 3, 12);
    expect(metrics.ndcg).toBeCloseTo(gain(1, 3) / gain(1, 2, 3), 12);
  });

  test('a query without a hit has 0, and labels may be numbers or a JSON text', () => {
    const evaluation = evaluated(spec, rowsOf(['[7, 9]', [3]]), [recommended(9, 4), recommended(1, 2)]);
    expect(evaluation.all()).toMatchObject({ rows: 2, metrics: { mean_reciprocal_rank: 0.5, recall_at_10: 0.25 } });
    expect(evaluation.metric('mean_average_precision', [1])).toBe(0);
    expect(evaluation.unit).toBe('queries');
  });

  test('labels of 64-bit integers keep their digits', () => {
    const item = 2n ** 60n + 1n;
    expect(evaluated(spec, rowsOf([[item]]), [recommended(String(item))]).metric('recall_at_10', [0])).toBe(1);
  });

  test.each(['a', 7, 2n ** 60n, [{}], null])('%s is not a label', (label) => {
    expect(() => evaluated(spec, rowsOf([label]), [recommended('a')])).toThrow(/list of the relevant items/);
  });
});

describe('token classification', () => {
  const spec: TensorSpec = { name: 'entities', datatype: 'BYTES', shape: [-1] };
  const found = [
    json([{ entity_group: 'PER', score: 0.9, word: 'Ada', start: 0, end: 3 }]),
    json([{ entity_group: 'LOC', score: 0.8, word: 'Paris', start: 5, end: 10 }]),
  ];

  test('an entity is right if its label and both ends are', () => {
    const ada = [{ label: 'PER', start: 0, end: 3 }];
    const paris = JSON.stringify([{ label: 'LOC', start: 5, end: 11 }]);
    const { metrics } = evaluated(spec, rowsOf([ada, paris]), found).all();
    expect(metrics).toEqual({ entity_f1: 0.5, entity_f1_macro: 0.5, entity_precision: 0.5, entity_recall: 0.5 });
  });

  test.each(['PER', '[', null, [{ label: 'PER', start: 0 }]])('%j is not a list of entities', (label) => {
    expect(() => evaluated(spec, rowsOf([label]), found.slice(1))).toThrow(/must have a list such as/);
  });
});

describe('object detection', () => {
  const spec: TensorSpec = { name: 'objects', datatype: 'BYTES', shape: [-1] };
  const box = (xmin: number) => ({ xmin, ymin: 0, xmax: xmin + 10, ymax: 10 });

  test('boxes count by how far they cover each other', () => {
    const labels = [[{ label: 'cat', box: box(0) }]];
    const metricsOf = (xmin: number) =>
      evaluated(spec, rowsOf(labels), [json([{ label: 'cat', score: 0.9, box: box(xmin) }])]).all().metrics;
    expect(metricsOf(0).map).toBeCloseTo(1, 12);
    // Eight of twelve pixels of a line are in both boxes.
    expect(metricsOf(2).map_50).toBeCloseTo(1, 12);
    expect(metricsOf(2).map_75).toBe(0);
  });

  test('metrics without an object in any picture are left out', () => {
    expect(evaluated(spec, rowsOf([[]]), [json([])]).all().metrics).toEqual({});
  });

  test('a box without a corner is an error', () => {
    const labels = [[{ label: 'cat', box: { xmin: 0, ymin: 0, xmax: 1 } }]];
    expect(() => evaluated(spec, rowsOf(labels), [json([])])).toThrow(/must have a list such as/);
  });
});

describe('clustering', () => {
  const spec: TensorSpec = { name: 'cluster', datatype: 'INT64', shape: [-1] };
  const x = (values: readonly number[]): Tensor => ({
    name: 'x',
    datatype: 'FP32',
    shape: [values.length / 2, 2],
    data: Float32Array.from(values),
  });
  const outputs = [tensor(spec, BigInt64Array.of(0n, 0n, 1n, 1n), [4])];
  const far = x([0, 0, 0, 1, 10, 0, 10, 1]);
  const shapesOf = (inputs?: readonly Tensor[], times = 1) => {
    const evaluation = evaluationOf([spec], 'clustering');
    for (let time = 0; time < times; time++) evaluation.add(rowsOf(['a', 'a', 'b', 'b']), outputs, inputs);
    return evaluation.all().metrics;
  };

  test('has shapes, from the features of the model', () => {
    const metrics = shapesOf([far]);
    const other = (10 + Math.sqrt(101)) / 2;
    expect(metrics.silhouette).toBeCloseTo((other - 1) / other, 12);
    expect(metrics.calinski_harabasz).toBe((100 * 2) / 1);
    expect(metrics.davies_bouldin).toBeCloseTo(1 / 10, 12);
  });

  test('has shapes of columns of numbers, each an input', () => {
    const columns = [0, 1].map((column): Tensor => {
      const data = Float32Array.from({ length: 4 }, (_, row) => Number(far.data[2 * row + column]));
      return { name: `column ${column}`, datatype: 'FP32', shape: [4], data };
    });
    expect(shapesOf(columns)).toEqual(shapesOf([far]));
  });

  test('draws from the rows of a large data set', () => {
    const few = shapesOf([far], 100);
    const many = shapesOf([far], 2000);
    // All rows are copies of the same four, so that a sample of whatever size has nearly the same silhouette.
    expect(many.silhouette).toBeCloseTo(few.silhouette!, 2);
    // This one grows with the number of rows, of which 5,000 are drawn.
    expect(many.calinski_harabasz! / few.calinski_harabasz!).toBeGreaterThan(11);
    expect(many.calinski_harabasz! / few.calinski_harabasz!).toBeLessThan(14);
  });

  test.each([
    ['a missing feature', [x([0, 0, 0, Number.NaN, 10, 0, 10, 1])]],
    [
      'texts',
      [tensor({ name: 'text', datatype: 'BYTES', shape: [-1] }, [json('a'), json('b'), json('c'), json('d')], [4])],
    ],
    ['no inputs', undefined],
  ])('has no shapes with %s', (_, inputs) => {
    const metrics = shapesOf(inputs);
    expect(metrics).toMatchObject({ rand_index: 1 });
    expect(metrics).not.toHaveProperty('silhouette');
  });
});
