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

  it('fault 56: outlast any number of other callers', () => {
    const buckets = new TokenBuckets(5);
    const allowed = () => Array.from({ length: 10 }, () => buckets.take('one', 0)).filter((wait) => wait === 0).length;
    expect(allowed()).toBe(5);
    for (let caller = 0; caller < 20_000; caller++) buckets.take(`${caller}`, 0);
    expect(allowed()).toBe(0);
  });

  it('are forgotten once they are full', () => {
    const buckets = new TokenBuckets(5);
    for (let caller = 0; caller < 1000; caller++) buckets.take(`${caller}`, caller);
    // A fifth of a second fills the bucket of a caller with one request.
    expect(buckets.size).toBeLessThanOrEqual(201);
    buckets.take('last', 5000);
    expect(buckets.size).toBe(1);
  });
});
