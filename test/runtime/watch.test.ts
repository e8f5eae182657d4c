import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watch } from '../../runtime/src/watch.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Milliseconds between the first looks, for a draw of chance. */
async function pauses(chance: number): Promise<number[]> {
  vi.spyOn(Math, 'random').mockReturnValue(chance);
  const times: number[] = [];
  const stop = watch(
    async () => void times.push(Date.now()),
    10,
    () => {},
  );
  await vi.advanceTimersByTimeAsync(40_000);
  stop();
  return times.slice(1).map((time, index) => time - times[index]!);
}

describe('a watch', () => {
  it('looks again and again, by chance sooner or later', async () => {
    expect(new Set(await pauses(0.5))).toEqual(new Set([10_000]));
    expect(new Set(await pauses(0))).toEqual(new Set([8_000]));
    expect(new Set(await pauses(0.999_999)).size).toBe(1);
    expect(Math.max(...(await pauses(0.999_999)))).toBeLessThanOrEqual(12_000);
  });

  it('waits for a look that takes long, goes on after one that failed, and stops', async () => {
    let finish = () => {};
    const errors: unknown[] = [];
    const look = vi
      .fn<() => Promise<void>>()
      .mockReturnValueOnce(
        new Promise((resolve) => {
          finish = resolve;
        }),
      )
      .mockRejectedValueOnce(new Error('the disk is gone'))
      .mockResolvedValue();
    const stop = watch(look, 10, (error) => errors.push(error));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(look).toHaveBeenCalledTimes(1);
    finish();
    await vi.advanceTimersByTimeAsync(13_000);
    expect(errors).toEqual([new Error('the disk is gone')]);
    await vi.advanceTimersByTimeAsync(13_000);
    expect(look.mock.calls.length).toBeGreaterThan(2);
    stop();
    const { length } = look.mock.calls;
    await vi.advanceTimersByTimeAsync(100_000);
    expect(look).toHaveBeenCalledTimes(length);
  });
});
