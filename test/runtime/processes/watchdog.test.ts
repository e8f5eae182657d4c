import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Watchdog } from '../../../runtime/src/processes/watchdog.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = () => new Promise<void>(() => {});

it('reports a process once that does not respond within the limit', async () => {
  const hung: number[] = [];
  const watchdog = new Watchdog(
    never,
    () => 30_000,
    (milliseconds) => hung.push(milliseconds),
  );
  await vi.advanceTimersByTimeAsync(30_000);
  expect(hung).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(hung).toEqual([30_000]);
  watchdog.stop();
});

it('accepts a late response', async () => {
  const hung: number[] = [];
  const responses: (() => void)[] = [];
  const watchdog = new Watchdog(
    () => new Promise((resolve) => responses.push(resolve)),
    () => 30_000,
    (milliseconds) => hung.push(milliseconds),
  );
  for (let round = 0; round < 5; round++) {
    await vi.advanceTimersByTimeAsync(25_000);
    for (const respond of responses.splice(0)) respond();
  }
  expect(hung).toEqual([]);
  watchdog.stop();
});

it('waits longer while the process loads models', async () => {
  const hung: number[] = [];
  let limit = 300_000;
  const watchdog = new Watchdog(
    never,
    () => limit,
    (milliseconds) => hung.push(milliseconds),
  );
  await vi.advanceTimersByTimeAsync(200_000);
  expect(hung).toEqual([]);
  limit = 30_000;
  await vi.advanceTimersByTimeAsync(5000);
  expect(hung).toHaveLength(1);
  watchdog.stop();
});

it('counts a pause of the watching process as one check', async () => {
  const hung: number[] = [];
  const watchdog = new Watchdog(
    async () => {},
    () => 10_000,
    (milliseconds) => hung.push(milliseconds),
  );
  await vi.advanceTimersByTimeAsync(5000);
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(5000);
  expect(hung).toEqual([]);
  watchdog.stop();
});
