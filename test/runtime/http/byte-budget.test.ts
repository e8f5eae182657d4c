import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ByteBudget } from '../../../runtime/src/http/byte-budget.js';

const MIB = 2 ** 20;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('the end of a burst', () => {
  it('is reported once, when requests have held little memory for a while', () => {
    const onQuiet = vi.fn();
    const budget = new ByteBudget(64 * MIB, onQuiet);
    const [first, second] = [budget.open(), budget.open()];
    first.take(20 * MIB);
    second.take(20 * MIB);
    first.release();
    vi.advanceTimersByTime(60_000);
    expect(onQuiet).not.toHaveBeenCalled();
    second.release();
    expect(onQuiet).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(onQuiet).toHaveBeenCalledTimes(1);
  });

  it('is reported once for many short bursts', () => {
    const onQuiet = vi.fn();
    const budget = new ByteBudget(64 * MIB, onQuiet);
    for (let burst = 0; burst < 10; burst++) {
      const account = budget.open();
      account.take(20 * MIB);
      account.release();
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(60_000);
    expect(onQuiet).toHaveBeenCalledTimes(1);
  });

  it('is not reported while the next burst holds memory, nor after small requests', () => {
    const onQuiet = vi.fn();
    const budget = new ByteBudget(64 * MIB, onQuiet);
    const small = budget.open();
    small.take(MIB);
    small.release();
    const first = budget.open();
    first.take(20 * MIB);
    first.release();
    const second = budget.open();
    second.take(20 * MIB);
    vi.advanceTimersByTime(60_000);
    expect(onQuiet).not.toHaveBeenCalled();
    second.release();
    vi.advanceTimersByTime(60_000);
    expect(onQuiet).toHaveBeenCalledTimes(1);
  });
});
