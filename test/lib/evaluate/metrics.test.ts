import type { Tensor } from '@modelship/runtime';
import { expect, test } from 'vitest';
import { MetricsBuilder } from '../../../lib/evaluate/metrics.js';

function metrics(...pairs: [got: Tensor, expected: Tensor][]) {
  const builder = new MetricsBuilder('y');
  for (const [got, expected] of pairs) builder.add(got, expected);
  return builder.finish();
}

const floats = (shape: number[], ...data: number[]): Tensor => ({
  name: 'y',
  datatype: 'FP64',
  shape,
  data: Float64Array.from(data),
});
const longs = (...data: bigint[]): Tensor => ({
  name: 'y',
  datatype: 'INT64',
  shape: [data.length],
  data: BigInt64Array.from(data),
});

test('whole numbers are equal or not', () => {
  expect(metrics([longs(1n, 2n, 3n), longs(1n, 0n, 3n)], [longs(4n), longs(4n)])).toEqual({
    output: 'y',
    elements: 4,
    accuracy: 0.75,
  });
});

test('text is equal or not', () => {
  const text = (...words: string[]): Tensor => ({
    name: 'y',
    datatype: 'BYTES',
    shape: [words.length],
    data: words.map((word) => Buffer.from(word)),
  });
  expect(metrics([text('ja', 'nein'), text('ja', 'ja')])).toMatchObject({ accuracy: 0.5 });
});

test('one number a row is a regression', () => {
  const got = metrics([floats([2, 1], 1, 4), floats([2, 1], 2, 2)], [floats([1, 1], 6), floats([1, 1], 8)]);
  // Errors 1, 2 and 2; the expectations 2, 2 and 8 have the mean 4 and squares of 4, 4 and 16 around it.
  expect(got.mae).toBeCloseTo(5 / 3);
  expect(got.rmse).toBeCloseTo(Math.sqrt(3));
  expect(got.maxError).toBe(2);
  expect(got.r2).toBeCloseTo(1 - 9 / 24);
  expect(got.top1).toBeUndefined();
});

test('several scores a row have a largest one', () => {
  const got = metrics([floats([2, 2], 0.9, 0.1, 0.4, 0.6), floats([2, 2], 0.6, 0.4, 0.7, 0.3)]);
  expect(got.top1).toBe(0.5);
  expect(got.r2).toBeUndefined();
});

test('an answer that is no number is not hidden', () => {
  expect(metrics([floats([1], Number.NaN), floats([1], 1)]).maxError).toBeNaN();
});
