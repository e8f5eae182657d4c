import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { computeMetrics, EvaluationDataError } from '../../../lib/evaluate/metrics/compute.js';
import { METRICS, type MetricKind } from '../../../lib/evaluate/metrics/table.js';
import { ALL } from '../../support/share.js';

/** A random data set with what scikit-learn says of it. */
interface Case {
  readonly kind: MetricKind;
  /** Whether scikit-learn rejects the data. */
  readonly rejected: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  /** Metrics that it computes for the data. Null where a metric is not defined. */
  readonly values: Readonly<Record<string, number | null>>;
}

/** Kinds and metrics that scikit-learn does not have: see reference-metrics.test.ts and tasks.test.ts. */
const OTHER_JUDGES = ['entities', 'objects', 'mean_reciprocal_rank', 'recall_at_1', 'recall_at_5', 'recall_at_10'];

/** Data sets of each kind. */
const CASES = ALL ? 200 : 40;

function casesOf(count: number): Case[] {
  const python = join(__dirname, '../../../.venv/bin/python');
  const script = join(__dirname, 'sklearn_metrics.py');
  const output = execFileSync(python, [script, String(count)], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  return JSON.parse(output, (_, value) => (value === 'NaN' ? Number.NaN : value));
}

test('metrics are those of scikit-learn to 1e-12', () => {
  const compared = new Map<string, number>();
  let rejected = 0;
  for (const [index, { kind, rejected: isRejected, data, values }] of casesOf(CASES).entries()) {
    const { weights, ...columns } = data;
    const given = { ...columns, ...(weights !== null && weights !== undefined && { weights }) } as never;
    if (isRejected) {
      expect(() => computeMetrics(kind, given)).toThrow(EvaluationDataError);
      rejected++;
      continue;
    }
    const computed: Readonly<Record<string, number>> = computeMetrics(kind, given);
    for (const [name, wanted] of Object.entries(values)) {
      const got = computed[name]!;
      const place = `${name} of data set ${index} (${kind}): ${got}, scikit-learn ${wanted}`;
      if (wanted === null) expect(got, place).toBeNaN();
      else expect(Math.abs(got - wanted), place).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(wanted)));
      if (wanted !== null) compared.set(name, (compared.get(name) ?? 0) + 1);
    }
  }
  expect(rejected).toBeGreaterThan(0);
  const names = Object.entries(METRICS).flatMap(([kind, metrics]) =>
    OTHER_JUDGES.includes(kind) ? [] : Object.keys(metrics).filter((name) => !OTHER_JUDGES.includes(name)),
  );
  expect(names.length).toBeGreaterThan(40);
  for (const name of names) expect(compared.get(name), name).toBeGreaterThan(CASES / 4);
}, 600_000);
