import { describe, expect, it } from 'vitest';
import { RetryBackoff } from '../../../runtime/src/models/retry-backoff.js';

/** The looks at which `key` is tried, of the first `count`, where each try fails. */
function tries(backoff: RetryBackoff, key: string, count: number): number[] {
  return Array.from({ length: count }, (_, look) => look).filter((_look) => {
    const isDue = backoff.isDue(key);
    if (isDue) backoff.note(key, 'it is bad');
    return isDue;
  });
}

describe('what cannot be loaded', () => {
  it('is tried ever more seldom, and never given up', () => {
    expect(tries(new RetryBackoff(), 'a', 20)).toEqual([0, 2, 5, 10, 19]);
    const late = tries(new RetryBackoff(), 'a', 1000).filter((look) => look > 500);
    expect(late.length).toBeGreaterThan(5);
  });

  it('is told once, and again when it fails otherwise', () => {
    const backoff = new RetryBackoff();
    expect(['one', 'one', 'two', 'one'].map((message) => backoff.note('a', message))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(backoff.note('b', 'one')).toBe(true);
  });

  it('is tried at once when it was mended, or a caller asks', () => {
    const backoff = new RetryBackoff();
    tries(backoff, 'a', 20);
    backoff.clear('a');
    expect(backoff.isDue('a')).toBe(true);
    tries(backoff, 'a', 20);
    backoff.clear();
    expect(backoff.isDue('a')).toBe(true);
  });
});
