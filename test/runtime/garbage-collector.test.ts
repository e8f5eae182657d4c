import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DiscardedBuffers } from '../../runtime/src/garbage-collector.js';

const MIB = 2 ** 20;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('discarded buffers', () => {
  it('are collected together once they take 8 MiB', () => {
    const collect = vi.fn();
    const discarded = new DiscardedBuffers(collect);
    for (let index = 1; index <= 24; index++) {
      discarded.add(MIB);
      vi.advanceTimersByTime(100);
      expect(collect).toHaveBeenCalledTimes(Math.floor(index / 8));
    }
  });

  it('are collected at once if one is large', () => {
    const collect = vi.fn();
    new DiscardedBuffers(collect).add(16 * MIB);
    vi.advanceTimersByTime(1);
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('are collected once if several in one turn are large', () => {
    const collect = vi.fn();
    const discarded = new DiscardedBuffers(collect);
    discarded.add(16 * MIB);
    discarded.add(16 * MIB);
    vi.advanceTimersByTime(1);
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('are collected once no more have come for two seconds', () => {
    const collect = vi.fn();
    const discarded = new DiscardedBuffers(collect);
    discarded.add(MIB);
    vi.advanceTimersByTime(1500);
    discarded.add(MIB);
    vi.advanceTimersByTime(1500);
    expect(collect).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(collect).toHaveBeenCalledTimes(1);
  });
});
