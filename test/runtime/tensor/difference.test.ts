import { describe, expect, it } from 'vitest';
import { differenceBetween } from '../../../runtime/src/tensor/difference.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';

const numbers = (...values: number[]): Tensor => ({
  name: 'y',
  datatype: 'FP64',
  shape: [values.length],
  data: Float64Array.from(values),
});
const texts = (...values: string[]): Tensor => ({
  name: 'y',
  datatype: 'BYTES',
  shape: [values.length],
  data: values.map((value) => Buffer.from(value)),
});
const tolerance = { absolute: 0.01, relative: 0.1 };

describe('the difference between an answer and the golden one', () => {
  it.each([
    [1.1, 1],
    [0.01, 0],
    [-110, -100],
    [Number.NaN, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('%f is near enough to %f', (got, wanted) => {
    expect(differenceBetween(numbers(got), numbers(wanted), tolerance)).toBeUndefined();
  });

  it.each([
    [1.12, 1],
    [0.02, 0],
    [Number.NaN, 1],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, 1],
    [1, Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('%f is not %f', (got, wanted) => {
    expect(differenceBetween(numbers(7, got), numbers(7, wanted), tolerance)).toBe(
      `y[1] is ${got}, expected ${wanted}`,
    );
  });

  it('is the type or the shape before any value', () => {
    expect(differenceBetween(texts('1'), numbers(1), tolerance)).toBe('y has type BYTES, expected FP64');
    expect(differenceBetween(numbers(1, 2), numbers(1), tolerance)).toBe('y has shape [2], expected [1]');
    const matrix = { ...numbers(1, 2), shape: [1, 2] };
    expect(differenceBetween(matrix, numbers(1, 2), tolerance)).toBe('y has shape [1,2], expected [2]');
  });

  it('is any byte of a text, and any bit of a whole number', () => {
    expect(differenceBetween(texts('a', 'b'), texts('a', 'c'), tolerance)).toBe('y[1] is "b", expected "c"');
    const large = (value: bigint): Tensor => ({ ...numbers(1), datatype: 'INT64', data: BigInt64Array.of(value) });
    expect(differenceBetween(large(2n ** 60n), large(2n ** 60n + 1n), tolerance)).toContain('expected');
    expect(differenceBetween(large(5n), large(5n), tolerance)).toBeUndefined();
  });
});
