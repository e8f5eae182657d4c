import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { distributionOf, inBins } from '../../../runtime/src/drift/bins.js';
import { type DriftMeasure, numberDistances } from '../../../runtime/src/drift/distances.js';

/** Distances of each shifted sample of each column, as scipy computes them. */
type Cases = readonly (readonly Record<DriftMeasure, number>[])[];

test('of 40 columns and 5 shifts of each agree with scipy, from bins alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-drift-'));
  const python = join(import.meta.dirname, '../../../.venv/bin/python');
  execFileSync(python, [join(import.meta.dirname, 'scipy_distances.py'), folder]);
  const { rows, cases }: { rows: number; cases: Cases } = JSON.parse(
    readFileSync(join(folder, 'expected.json'), 'utf8'),
  );
  const bytes = readFileSync(join(folder, 'values.bin'));
  rmSync(folder, { recursive: true });
  const all = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  let place = 0;
  const next = () => {
    place += rows;
    return all.subarray(place - rows, place);
  };
  expect(cases.map((shifts) => shifts.length)).toEqual(new Array(40).fill(5));
  const wrong = cases.flatMap((shifts, column) => {
    const reference = distributionOf(next().slice().sort());
    // The memory of a column that the documentation states.
    expect(reference.edges.length).toBeLessThanOrEqual(411);
    return shifts.flatMap((expected, shift) => {
      const got = numberDistances(reference, inBins(reference, next()));
      const names = Object.keys(expected) as DriftMeasure[];
      return names
        .filter((name) => !(Math.abs(got[name]! - expected[name]) < 0.01))
        .map((name) => `column ${column}, shift ${shift}: ${name} is ${got[name]}, and ${expected[name]} in scipy`);
    });
  });
  expect(wrong).toEqual([]);
}, 120_000);

test('of a constant column show other values, and have no unit for the earth mover', () => {
  const same = new Float64Array(500).fill(3);
  const reference = distributionOf(same);
  const distances = (values: Float64Array) => numberDistances(reference, inBins(reference, values));
  expect(distances(same)).toEqual({ psi: 0, ks: 0, jensen_shannon: 0 });
  const { ks, jensen_shannon, wasserstein } = distances(new Float64Array(500).fill(2.9999));
  expect({ ks, wasserstein }).toEqual({ ks: 1, wasserstein: undefined });
  expect(jensen_shannon).toBeCloseTo(0);
});
