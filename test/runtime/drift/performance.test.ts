import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { addTo } from '../../../runtime/src/drift/bins.js';
import { calibrate, expectedRows } from '../../../runtime/src/drift/calibration.js';
import type { PerformanceMeasure, ReferencePerformance } from '../../../runtime/src/drift/columns.js';
import { LiveTraffic } from '../../../runtime/src/drift/live-traffic.js';
import { noValues } from '../../../runtime/src/drift/live-values.js';
import {
  estimatePerformance,
  type LabelledRow,
  noScores,
  performanceOf,
  ScoreCounter,
} from '../../../runtime/src/drift/performance.js';
import { processFigures, RuntimeMetrics } from '../../../runtime/src/observability/metrics.js';
import { ModelMetrics } from '../../../runtime/src/observability/model-metrics.js';
import { randomNumbers } from '../../../runtime/src/tensor/random-numbers.js';

/** Rows that a classifier scored, with their figures as scikit-learn computes them. */
interface Case {
  readonly kind: 'reference' | 'covariate' | 'concept';
  readonly true: Record<PerformanceMeasure, number>;
  readonly rows: readonly (LabelledRow & { readonly scores: Float32Array })[];
}

function estimated(performance: ReferencePerformance, rows: readonly LabelledRow[], covered?: number) {
  const [counter, live] = [new ScoreCounter(performance), noScores(performance)];
  for (const { scores } of rows) counter.count(live, scores);
  return estimatePerformance(performance, live, covered)!;
}

describe('the performance of classifiers without labels', () => {
  let models: Case[][];

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'modelship-performance-'));
    const python = join(import.meta.dirname, '../../../.venv/bin/python');
    execFileSync(python, [join(import.meta.dirname, 'covariate_shifts.py'), folder]);
    const { rows, classes, cases } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
    const bytes = readFileSync(join(folder, 'values.bin'));
    rmSync(folder, { recursive: true });
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    let place = 0;
    const next = (count: number) => {
      place += count;
      return values.subarray(place - count, place);
    };
    models = [];
    for (const { kind, true: known } of cases as Case[]) {
      const [scores, labels] = [next(rows * classes), next(rows)];
      const own = Array.from(labels, (label, row) => ({
        scores: scores.subarray(row * classes, (row + 1) * classes),
        label,
      }));
      if (kind === 'reference') models.push([]);
      models.at(-1)!.push({ kind, true: known, rows: own });
    }
  }, 120_000);

  test('is within two points of the true one under ten covariate shifts', () => {
    const found = models.flatMap(([reference, ...lives]) => {
      const performance = performanceOf('scores', reference!.rows);
      for (const measure of ['accuracy', 'f1_macro'] as const) {
        expect(performance.measures[measure]).toBeCloseTo(reference!.true[measure], 9);
      }
      return lives
        .filter(({ kind }) => kind === 'covariate')
        .map(({ true: known, rows }) => ({ known, estimate: estimated(performance, rows).measures! }));
    });
    expect(found).toHaveLength(20);
    for (const { known, estimate } of found) {
      expect(Math.abs(estimate.accuracy - known.accuracy)).toBeLessThan(0.02);
      expect(Math.abs(estimate.f1_macro - known.f1_macro)).toBeLessThan(0.02);
    }
  });

  test('is unknown where the reference data has no such scores or inputs', () => {
    for (const [reference, ...lives] of models) {
      const performance = performanceOf('scores', reference!.rows);
      const { rows } = lives.find(({ kind }) => kind === 'covariate')!;
      expect(estimated(performance, rows, 0.96).measures).toBeDefined();
      expect(estimated(performance, rows, 0.94)).toMatchObject({ coverage: 0.94, measures: undefined });
      const beyond = rows.map(({ scores, label }) => ({ scores: Array.from(scores, (score) => score + 1), label }));
      expect(estimated(performance, beyond)).toMatchObject({ measures: undefined });
      expect(estimated(performance, beyond).coverage).toBeLessThan(0.5);
      // A class that was never predicted has no shares.
      const seen = reference!.rows.filter(({ scores }) => scores[0]! < Math.max(scores[1]!, scores[2]!));
      expect(estimated(performanceOf('scores', seen), rows)).toMatchObject({ measures: undefined });
    }
  });

  test('is unknown with too few labels', () => {
    const [reference, live] = models[0]!;
    const few = performanceOf('scores', reference!.rows.slice(0, 100));
    expect(estimated(few, live!.rows)).toMatchObject({ measures: undefined, coverage: expect.any(Number) });
    expect(estimated(few, live!.rows).error).toBeGreaterThan(0.03);
  });

  // No method without labels can: the inputs and the scores are the same as before.
  test('stays the same under a concept shift, of which only its description warns', () => {
    const [reference, ...lives] = models[0]!;
    const concept = lives.find(({ kind }) => kind === 'concept')!;
    const { measures } = estimated(performanceOf('scores', reference!.rows), concept.rows);
    expect(measures!.accuracy).toBeCloseTo(reference!.true.accuracy, 1);
    expect(concept.true.accuracy).toBeLessThan(0.4);
    const page = new RuntimeMetrics();
    const metrics = new ModelMetrics();
    metrics.liveTraffic = new LiveTraffic(
      { rows: 1, columns: [], performance: performanceOf('scores', reference!.rows) },
      1000,
    );
    page.add({ name: 'm', version: '1', metrics });
    const text = page.text(processFigures(0));
    expect(text).toMatch(/# HELP modelship_estimated_performance .*assumes that only inputs have changed/);
  });
});

describe('the shares of a class by its score', () => {
  test('are those of the rows, never decrease, and are the same for equal scores', () => {
    const random = randomNumbers(9);
    const rows = Array.from({ length: 4000 }, () => {
      const score = Math.round(random() * 300) / 300;
      return { score, isOfClass: random() < score };
    });
    const calibration = calibrate(rows)!;
    const { knots, shares, min, max } = calibration;
    expect([min, max]).toEqual([0, 1]);
    expect(knots).toEqual([...knots].sort((a, b) => a - b));
    expect(new Set(knots).size).toBe(knots.length);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    for (const [place, share] of shares.entries()) expect(Math.abs(share - knots[place]!)).toBeLessThan(0.12);
    expect(calibration.rows.reduce((sum, each) => sum + each)).toBe(4000);
    const live = noValues(knots.length + 1);
    for (const { score } of rows) addTo(Float64Array.from(knots), live.counts, live.sums, score);
    const ofClass = rows.filter(({ isOfClass }) => isOfClass).length;
    expect(expectedRows(calibration, live).rows / ofClass).toBeCloseTo(1, 2);
  });

  test('of a constant score is their share', () => {
    const rows = Array.from({ length: 100 }, (_, row) => ({ score: 0.5, isOfClass: row < 30 }));
    expect(calibrate(rows)).toEqual({ min: 0.5, max: 0.5, knots: [0.5], shares: [0.3], rows: [100] });
    expect(calibrate([])).toBeUndefined();
  });
});
