import { describe, expect, it } from 'vitest';
import { TokenBuckets } from '../../../runtime/src/server/token-buckets.js';

describe('the buckets of callers', () => {
  it('hold one second of requests, and fill with time', () => {
    const buckets = new TokenBuckets(2);
    expect([0, 0, 0].map((now) => buckets.take('a', now))).toEqual([0, 0, 0.5]);
    expect(buckets.take('a', 250)).toBe(0.25);
    expect(buckets.take('a', 500)).toBe(0);
    expect([9000, 9000, 9000].map((now) => buckets.take('a', now))).toEqual([0, 0, 0.5]);
  });

  it('are one for each caller', () => {
    const buckets = new TokenBuckets(1);
    expect(buckets.take('a', 0)).toBe(0);
    expect(buckets.take('a', 0)).toBe(1);
    expect(buckets.take('b', 0)).toBe(0);
  });

  it('are forgotten where there are too many callers, the longest silent first', () => {
    const buckets = new TokenBuckets(1);
    buckets.take('silent', 0);
    for (let caller = 0; caller < 9_999; caller++) buckets.take(`${caller}`, 0);
    expect(buckets.take('silent', 0)).toBe(1);
    buckets.take('one more', 0);
    expect(buckets.take('0', 0)).toBe(0);
    expect(buckets.take('silent', 0)).toBe(1);
  });
});
