import { expect } from 'vitest';

/** Expects each number to differ from the expected one by less than the tolerance. */
export function expectNear(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(Math.abs(actual[index]! - value)).toBeLessThan(tolerance);
}
