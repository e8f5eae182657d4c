import { describe, expect, test, vi } from 'vitest';
import { distributionOf } from '../../../runtime/src/drift/bins.js';
import type { Reference } from '../../../runtime/src/drift/columns.js';
import { LiveTraffic } from '../../../runtime/src/drift/live-traffic.js';
import { performanceOf } from '../../../runtime/src/drift/performance.js';
import { randomNumbers } from '../../../runtime/src/tensor/random-numbers.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';

const HALF = 1000;
const random = randomNumbers(3);

/** Reference data of uniform numbers from 0 to 1, and of two categories. */
const REFERENCE: Reference = {
  rows: 2000,
  columns: [
    {
      ...{ kind: 'number', input: 'x', index: 0, name: 'x', missing: 0, min: 0, max: 1 },
      ...distributionOf(Float64Array.from({ length: 2000 }, random).sort()),
    },
    { kind: 'category', input: 'city', index: 0, name: 'city', missing: 0, values: ['a', 'b'], counts: [1000, 1000] },
  ],
};

function rows(count: number, value: () => number, city = (row: number): string => (row % 2 ? 'a' : 'b')): Tensor[] {
  return [
    { name: 'x', datatype: 'FP64', shape: [count], data: Float64Array.from({ length: count }, value) },
    {
      name: 'city',
      datatype: 'BYTES',
      shape: [count],
      data: Array.from({ length: count }, (_, row) => Buffer.from(city(row))),
    },
  ];
}

/** Sends rows in requests whose rows all count. */
function send(live: LiveTraffic, count: number, now: number, value: () => number, city?: (row: number) => string) {
  for (let sent = 0; sent < count; sent += 50) live.observe(rows(Math.min(50, count - sent), value, city), now);
}

const measuresOf = (live: LiveTraffic, now: number) =>
  Object.fromEntries(live.report(now).columns.map(({ column, measures }) => [column, measures]));

describe('live inputs', () => {
  test('like the reference data have no drift, and others have', () => {
    const live = new LiveTraffic(REFERENCE, HALF);
    send(live, 2000, 0, random);
    const { x, city } = measuresOf(live, 0);
    expect(x!.ks).toBeLessThan(0.06);
    expect(x!.psi).toBeLessThan(0.05);
    expect(city).toEqual({ psi: 0, jensen_shannon: 0, missing: 0, outside: 0 });
    const shifted = new LiveTraffic(REFERENCE, HALF);
    send(
      shifted,
      2000,
      0,
      () => 2,
      () => 'c',
    );
    const other = measuresOf(shifted, 0);
    expect(other.x!.ks).toBeCloseTo(1);
    expect(other.city!.jensen_shannon).toBeCloseTo(1);
    expect([other.x!.missing, other.city!.missing]).toEqual([0, 0]);
    expect([other.x!.outside, other.city!.outside]).toEqual([1, 1]);
  });

  test('of fewer than 200 rows have no distances, which would be chance', () => {
    const live = new LiveTraffic(REFERENCE, HALF);
    send(live, 199, 0, random);
    expect(live.report(0).rows).toBe(199);
    expect(live.report(0).columns).toEqual([]);
  });

  test('that are all missing show it, without the distances of values', () => {
    const live = new LiveTraffic(REFERENCE, HALF);
    send(live, 250, 0, () => Number.NaN);
    expect(measuresOf(live, 0).x).toEqual({ missing: 1, outside: 1 });
  });

  test('are forgotten after the window', () => {
    const live = new LiveTraffic(REFERENCE, HALF);
    send(live, 250, 0, () => 2);
    send(live, 250, HALF, random);
    expect(live.report(HALF).rows).toBe(500);
    expect(live.report(2 * HALF).rows).toBe(250);
    expect(measuresOf(live, 2 * HALF).x!.ks).toBeLessThan(0.15);
    expect(live.report(3 * HALF).rows).toBe(0);
  });

  test('of several processes add up to those of one, after they were sent', () => {
    const [first, second, whole] = [1, 2, 3].map(() => new LiveTraffic(REFERENCE, HALF)) as [
      LiveTraffic,
      LiveTraffic,
      LiveTraffic,
    ];
    for (let request = 0; request < 20; request++) {
      const inputs = rows(50, () => random() ** 2);
      (request % 3 ? first : second).observe(inputs, request * 100);
      whole.observe(inputs, request * 100);
    }
    const merged = new LiveTraffic(REFERENCE, HALF);
    for (const part of [first, second]) merged.add(structuredClone(part));
    expect(merged.report(1999).rows).toBe(1000);
    for (const [column, measures] of Object.entries(measuresOf(whole, 1999))) {
      for (const [name, value] of Object.entries(measures)) {
        expect(measuresOf(merged, 1999)[column]![name as 'ks'], name).toBeCloseTo(value, 9);
      }
    }
  });

  test('of a classifier estimate its accuracy, also over processes', () => {
    const scored = (count: number) =>
      Array.from({ length: count }, () => {
        const score = random();
        return { scores: [1 - score, score], label: random() < score ? 1 : 0 };
      });
    const performance = performanceOf('scores', scored(5000));
    const reference: Reference = { ...REFERENCE, performance };
    const outputs = (count: number): Tensor[] => [
      {
        name: 'scores',
        datatype: 'FP64',
        shape: [count, 2],
        data: Float64Array.from(scored(count).flatMap(({ scores }) => scores)),
      },
    ];
    const parts = [1, 2].map(() => new LiveTraffic(reference, HALF));
    for (let request = 0; request < 40; request++) {
      parts[request % 2]!.observe(rows(50, random), 0);
      parts[request % 2]!.observeOutputs(outputs(50), 0);
    }
    const merged = new LiveTraffic(reference, HALF);
    merged.add(structuredClone(parts[0]!));
    expect(merged.report(0).performance!.rows).toBe(1000);
    merged.add(structuredClone(parts[1]!));
    const known = merged.report(0).performance!;
    expect(known.rows).toBe(2000);
    expect(known.measures!.accuracy).toBeCloseTo(0.75, 1);
    expect(merged.report(2 * HALF).performance).toBeUndefined();
    // Inputs outside the reference data make the shares unknown.
    for (let request = 0; request < 5; request++)
      merged.observe(
        rows(50, () => 2),
        0,
      );
    expect(merged.report(0).performance!.coverage).toBeCloseTo(1 - 250 / 2250);
    expect(merged.report(0).performance!.measures).toBeUndefined();
  });

  test('of a large request are a sample', () => {
    const live = new LiveTraffic(REFERENCE, HALF);
    // Few samples are far from the distribution by chance.
    const drawn = vi.spyOn(Math, 'random').mockImplementation(random);
    for (let request = 0; request < 20; request++) live.observe(rows(10_000, random), 0);
    drawn.mockRestore();
    expect(live.report(0).rows).toBe(1000);
    expect(measuresOf(live, 0).x!.ks).toBeLessThan(0.08);
  });

  test('take the same memory for a million rows', () => {
    const live = new LiveTraffic(REFERENCE, HALF);
    const inputs = rows(50, random);
    for (let request = 0; request < 20_000; request++) live.observe(inputs, request / 15);
    expect(live.report(1400).rows).toBe(1_000_000);
    expect(live.halves).toHaveLength(2);
    // The size of each half that the documentation states.
    const sizes = live.halves.flatMap(({ columns }) =>
      columns.map((each) => each.counts.byteLength + each.sums.byteLength),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(412 * 16);
  });
});
