import { describe, expect, it, vi } from 'vitest';
import type { LoadedModel } from '../../../runtime/src/engines/engine.js';
import { invalid } from '../../../runtime/src/inference/errors.js';
import { Scheduler, type SchedulerOptions } from '../../../runtime/src/inference/scheduler.js';
import type { Tensor } from '../../../runtime/src/inference/tensor.js';

const row = (...values: number[]): Tensor[] => [
  { name: 'x', datatype: 'FP32', shape: [values.length], data: Float32Array.from(values) },
];
const values = (outputs: readonly Tensor[]) => [...(outputs[0]!.data as Float32Array)];

/** A model that doubles, and notes how many rows each run had. A negative number is refused, and with it its batch. */
function doubling(shape: readonly number[] = [-1]) {
  const runs: number[] = [];
  let release = () => {};
  let gate: Promise<void> | undefined;
  const model: LoadedModel = {
    signatures: {
      serving_default: {
        inputs: [{ name: 'x', datatype: 'FP32', shape }],
        outputs: [{ name: 'y', datatype: 'FP32', shape }],
      },
    },
    async run([x]) {
      const data = x!.data as Float32Array;
      runs.push(data.length);
      await gate;
      if (data.some((value) => value < 0)) throw invalid('negative');
      return [{ ...x!, name: 'y', data: data.map((value) => value * 2) }];
    },
    async close() {},
  };
  const hold = () => {
    gate = new Promise((resolve) => {
      release = resolve;
    });
  };
  return { model, runs, hold, release: () => release() };
}

const scheduler = (model: LoadedModel, options: Partial<SchedulerOptions> = {}) =>
  new Scheduler(model, { maxQueue: 100, timeoutMs: 60_000, maxBatchRows: 8, ...options });

describe('a queue', () => {
  it('runs together what came together, and gives each caller its own rows', async () => {
    const { model, runs } = doubling();
    const queue = scheduler(model);
    const answers = await Promise.all([row(1), row(2, 3), row(4)].map((x) => queue.submit(x, 'serving_default')));
    expect(answers.map(values)).toEqual([[2], [4, 6], [8]]);
    expect(runs).toEqual([4]);
  });

  it('runs no more rows together than are useful', async () => {
    const { model, runs } = doubling();
    const queue = scheduler(model, { maxBatchRows: 2 });
    await Promise.all([1, 2, 3, 4, 5].map((value) => queue.submit(row(value), 'serving_default')));
    expect(runs).toEqual([2, 2, 1]);
  });

  it('runs each alone where the first dimension is fixed, or batches are of no use', async () => {
    for (const [shape, maxBatchRows] of [
      [[1], 8],
      [[-1], 1],
    ] as const) {
      const { model, runs } = doubling(shape);
      const queue = scheduler(model, { maxBatchRows });
      await Promise.all([1, 2].map((value) => queue.submit(row(value), 'serving_default')));
      expect(runs).toEqual([1, 1]);
    }
  });

  it('fails the one request that is bad, not those that ran with it', async () => {
    const { model } = doubling();
    const queue = scheduler(model);
    const answers = await Promise.allSettled([1, -1, 3].map((value) => queue.submit(row(value), 'serving_default')));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({ reason: { code: 'INVALID_ARGUMENT', message: 'negative' } });
  });

  it('refuses what it has no room for', async () => {
    const { model } = doubling();
    const queue = scheduler(model, { maxQueue: 1 });
    const first = queue.submit(row(1), 'serving_default');
    await expect(queue.submit(row(2), 'serving_default')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryAfterSeconds: 1,
    });
    expect(values(await first)).toEqual([2]);
  });

  it('gives up a request in time, and never starts one that waited too long', async () => {
    const { model, runs, hold, release } = doubling();
    const queue = scheduler(model, { timeoutMs: 20, maxBatchRows: 1 });
    hold();
    const answers = await Promise.allSettled([1, 2].map((value) => queue.submit(row(value), 'serving_default')));
    for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'DEADLINE_EXCEEDED' } });
    release();
    await queue.idle();
    expect(runs).toEqual([1]);
    expect(queue.depth).toBe(0);
  });

  it('does not keep looking at a run that was given up, while others wait behind it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { model, hold, release } = doubling();
      const queue = scheduler(model, { timeoutMs: 1000, maxBatchRows: 1 });
      hold();
      const first = queue.submit(row(1), 'serving_default').catch((error) => error.code);
      await new Promise((started) => setImmediate(started));
      vi.advanceTimersByTime(1000);
      expect(await first).toBe('DEADLINE_EXCEEDED');
      const second = queue.submit(row(2), 'serving_default');
      const timers = vi.spyOn(globalThis, 'setTimeout');
      vi.advanceTimersByTime(500);
      expect(timers).not.toHaveBeenCalled();
      release();
      expect(values(await second)).toEqual([4]);
    } finally {
      vi.restoreAllMocks();
      vi.useRealTimers();
    }
  });

  it('tells each request that its run begins, and how long it had waited', async () => {
    const { model, hold, release } = doubling();
    const waits: number[] = [];
    const queue = scheduler(model, { onStart: (queuedMs) => waits.push(queuedMs) });
    hold();
    const started: string[] = [];
    const ask = (name: string) => queue.submit(row(1), 'serving_default', undefined, () => started.push(name));
    const first = ask('first');
    await new Promise((later) => setImmediate(later));
    const others = [ask('second'), ask('third')];
    await new Promise((later) => setImmediate(later));
    expect(started).toEqual(['first']);
    release();
    await Promise.all([first, ...others]);
    expect(started).toEqual(['first', 'second', 'third']);
    expect(waits).toHaveLength(3);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
  });

  it('does not run what nobody waits for', async () => {
    const { model, runs } = doubling();
    const queue = scheduler(model);
    const controller = new AbortController();
    const gone = queue.submit(row(1), 'serving_default', controller.signal);
    controller.abort();
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
    await queue.idle();
    expect(runs).toEqual([]);
  });

  it('is idle once what it took is done', async () => {
    const { model, hold, release } = doubling();
    const queue = scheduler(model);
    hold();
    const running = queue.submit(row(1), 'serving_default');
    let isIdle = false;
    const idle = queue.idle().then(() => {
      isIdle = true;
    });
    await new Promise((later) => setImmediate(later));
    expect(isIdle).toBe(false);
    release();
    await idle;
    expect(values(await running)).toEqual([2]);
  });
});
