import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { computeMetrics } from '../../../lib/evaluate/metrics/compute.js';
import { METRICS } from '../../../lib/evaluate/metrics/table.js';

/** Random data with what another library says of it. */
interface Case {
  readonly kind: 'entities' | 'objects' | 'rankings';
  readonly data: Readonly<Record<string, unknown>>;
  readonly values: Readonly<Record<string, number>>;
}

/** Written by reference_metrics.py and reference_rankings.py. */
const CASES = ['reference-metrics.json', 'reference-rankings.json'].flatMap(
  (file) => JSON.parse(readFileSync(join(__dirname, file), 'utf8')) as Case[],
);

test.each([
  ['entities', 'seqeval'],
  ['objects', 'pycocotools'],
  ['rankings', 'ranx'],
] as const)('metrics of %s are those of %s', (kind, _judge) => {
  const cases = CASES.filter((each) => each.kind === kind);
  expect(cases.length).toBeGreaterThan(9);
  for (const [index, { data, values }] of cases.entries()) {
    const computed: Readonly<Record<string, number>> = computeMetrics(kind, data as never);
    expect(Object.keys(values).sort()).toEqual(Object.keys(METRICS[kind]).sort());
    for (const [name, wanted] of Object.entries(values)) {
      expect(computed[name], `${name} of data set ${index}`).toBeCloseTo(wanted, 10);
    }
  }
});
