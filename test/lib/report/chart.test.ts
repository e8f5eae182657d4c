import { expect, test } from 'vitest';
import { type Chart, drawChart } from '../../../lib/report/chart.js';

const chart = (points: readonly (readonly [number, number])[], others: Partial<Chart> = {}): string =>
  drawChart({
    kind: 'chart',
    title: 'Title',
    x: { label: 'x' },
    y: { label: 'y' },
    series: [{ name: 'line', shape: 'line', points }],
    ...others,
  });

const labels = (svg: string) => [...svg.matchAll(/text-anchor="(?:middle|end)">([^<]*)</g)].map(([, text]) => text);

const pointsOf = (svg: string) =>
  /points="([^"]*)"/
    .exec(svg)![1]!
    .split(' ')
    .map((point) => point.split(',').map(Number));

test('a linear axis has round values, and room at its ends', () => {
  const svg = chart([
    [0, 10],
    [50, 20],
    [100, 30],
  ]);
  expect(labels(svg)).toEqual(['0', '20', '40', '60', '80', '100', '10', '15', '20', '25', '30', 'x', 'y']);
  const [first, middle, last] = pointsOf(svg);
  expect(first![0]).toBeGreaterThan(60);
  expect(last![0]).toBeLessThan(380);
  expect(middle![0]).toBeCloseTo((first![0]! + last![0]!) / 2, 0);
  // Larger values are higher.
  expect(first![1]).toBeGreaterThan(last![1]!);
});

test('a logarithmic axis without a range has the powers of ten around its values', () => {
  const svg = chart(
    [
      [20, 0],
      [2000, 1],
    ],
    { x: { label: 'x', isLogarithmic: true } },
  );
  expect(labels(svg).slice(0, 4)).toEqual(['10', '100', '1000', '10000']);
});

test.each([
  [[]],
  [[[3, 3]]],
  [
    [
      [-1e9, 1e-9],
      [1e9, 2e-9],
    ],
  ],
] as const)('%j has finite places', (points) => {
  for (const isLogarithmic of points.length === 1 ? [false, true] : [false]) {
    const svg = chart(points, { x: { label: 'x', isLogarithmic } });
    expect(svg).not.toMatch(/NaN|Infinity/);
  }
});

test('values beyond a given range are drawn at its end', () => {
  const [low, high] = pointsOf(
    chart(
      [
        [0, -5],
        [1, 5],
      ],
      { y: { label: 'y', range: [0, 1] } },
    ),
  );
  expect([low![1], high![1]]).toEqual([256, 12]);
});
