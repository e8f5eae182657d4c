import v8 from 'node:v8';
import vm from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import type { LoadedModel } from '../../../runtime/src/engines/engine.js';
import { ByteBudget } from '../../../runtime/src/http/byte-budget.js';
import type { Run } from '../../../runtime/src/observability/scheduler-observer.js';
import { Scheduler, type SchedulerOptions } from '../../../runtime/src/scheduling/scheduler.js';
import { type InferenceError, invalid } from '../../../runtime/src/tensor/errors.js';
import type { InferenceResponse } from '../../../runtime/src/tensor/request.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';

const row = (...values: number[]): Tensor[] => [
  { name: 'x', datatype: 'FP32', shape: [values.length], data: Float32Array.from(values) },
];
const values = ({ outputs }: InferenceResponse) => [...(outputs[0]!.data as Float32Array)];

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

  it('never runs together what has another datatype or other rows, though it fits no signature', async () => {
    const { model, runs } = doubling([-1, 2]);
    const queue = scheduler(model);
    const shaped = (shape: readonly number[], data: Tensor['data'], datatype: Tensor['datatype'] = 'FP32') =>
      queue.submit([{ name: 'x', datatype, shape, data }], 'serving_default');
    const answers = await Promise.all([
      shaped([1, 2], Float32Array.of(1, 2)),
      shaped([1, 2], Int32Array.of(3, 4), 'INT32'),
      shaped([2, 1], Float32Array.of(5, 6)),
      shaped([2], Float32Array.of(7, 8)),
      shaped([1, 2], Float32Array.of(9, 10)),
    ]);
    expect(answers.map(values)).toEqual([
      [2, 4],
      [6, 8],
      [10, 12],
      [14, 16],
      [18, 20],
    ]);
    expect(runs).toEqual([4, 2, 2, 2]);
  });

  it('runs no more rows together than are useful', async () => {
    const { model, runs } = doubling();
    const queue = scheduler(model, { maxBatchRows: 2 });
    await Promise.all([1, 2, 3, 4, 5].map((value) => queue.submit(row(value), 'serving_default')));
    expect(runs).toEqual([2, 2, 1]);
  });

  it('runs no more rows together than are useful with the longest of them', async () => {
    const { model, runs } = doubling();
    // The value stands for the length of the row.
    const queue = scheduler(model, { maxRowsWith: ([x]) => 8 / Math.max(...(x!.data as Float32Array)) });
    await Promise.all([1, 8, 1, 4, 1, 1].map((value) => queue.submit(row(value), 'serving_default')));
    expect(runs).toEqual([4, 1, 1]);
  });

  it('runs requests with other options apart', async () => {
    const { model, runs } = doubling();
    const queue = scheduler(model);
    const options = [{}, { dimensions: 2 }, { dimensions: 2 }, { dimensions: 3 }, {}];
    await Promise.all(options.map((each) => queue.submit(row(1), 'serving_default', undefined, each)));
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

  it('sends a run ahead of the answer where the engine takes it and batches are of no use', async () => {
    for (const [maxBatchRows, runsAtOnce] of [
      [1, 2],
      [8, 1],
    ] as const) {
      const { model, runs, hold, release } = doubling();
      const queue = scheduler({ ...model, queuedRuns: 1 }, { maxBatchRows });
      hold();
      const answers = [];
      for (const value of [1, 2, 3]) {
        answers.push(queue.submit(row(value), 'serving_default'));
        await new Promise((later) => setImmediate(later));
      }
      expect(runs).toHaveLength(runsAtOnce);
      release();
      expect((await Promise.all(answers)).map(values)).toEqual([[2], [4], [6]]);
    }
  });

  it('fails the one request that is bad, not those that ran with it', async () => {
    const { model } = doubling();
    const queue = scheduler(model);
    const answers = await Promise.allSettled([1, -1, 3].map((value) => queue.submit(row(value), 'serving_default')));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({ reason: { code: 'INVALID_ARGUMENT', message: 'negative' } });
  });

  it('runs each alone for good once the outputs have a different number of rows than the inputs, those of that batch again', async () => {
    const { model, runs } = doubling();
    const dropping: LoadedModel = {
      ...model,
      async run(inputs) {
        const [y] = await model.run(inputs);
        const data = (y!.data as Float32Array).filter((value) => value > 0);
        return [{ ...y!, shape: [data.length], data }];
      },
    };
    const onRowCountMismatch = vi.fn();
    const queue = scheduler(dropping, { onRowCountMismatch });
    const ask = (...numbers: number[]) =>
      Promise.all(numbers.map((value) => queue.submit(row(value), 'serving_default').then(values)));
    expect(await ask(1, 2)).toEqual([[2], [4]]);
    expect(runs).toEqual([2]);
    expect(await ask(3, 0, 5)).toEqual([[6], [], [10]]);
    expect(runs).toEqual([2, 3, 1, 1, 1]);
    expect(await ask(6, 7)).toEqual([[12], [14]]);
    expect(runs.slice(5)).toEqual([1, 1]);
    expect(onRowCountMismatch.mock.calls).toEqual([['serving_default']]);
  });

  it('runs those that wait alone once a request that ran alone had other rows', async () => {
    const { model, runs, hold, release } = doubling();
    const empty: LoadedModel = {
      ...model,
      async run(inputs) {
        const [y] = await model.run(inputs);
        return y!.shape[0] === 2 ? [{ ...y!, shape: [0], data: new Float32Array(0) }] : [y!];
      },
    };
    const queue = scheduler(empty);
    hold();
    const first = queue.submit(row(1, 1), 'serving_default');
    await new Promise((later) => setImmediate(later));
    const others = [queue.submit(row(2), 'serving_default'), queue.submit(row(3), 'serving_default')];
    release();
    expect((await Promise.all([first, ...others])).map(values)).toEqual([[], [4], [6]]);
    expect(runs).toEqual([2, 1, 1]);
  });

  it('runs together requests only of the signatures that it is told', async () => {
    const { model, runs } = doubling();
    const queue = scheduler(model, { batchable: [] });
    await Promise.all([1, 2].map((value) => queue.submit(row(value), 'serving_default')));
    expect(runs).toEqual([1, 1]);
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

  it('has room again at once where those that wait went away', async () => {
    const { model, runs, hold, release } = doubling();
    const queue = scheduler(model, { maxQueue: 2 });
    hold();
    const running = queue.submit(row(1), 'serving_default');
    await new Promise((later) => setImmediate(later));
    const controllers = [new AbortController(), new AbortController()];
    const gone = controllers.map(({ signal }, index) => queue.submit(row(index + 2), 'serving_default', signal));
    await expect(queue.submit(row(4), 'serving_default')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    controllers[0]!.abort();
    const next = queue.submit(row(5), 'serving_default');
    await expect(gone[0]).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(queue.submit(row(6), 'serving_default')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    release();
    expect((await Promise.all([running, gone[1]!, next])).map(values)).toEqual([[2], [6], [10]]);
    expect(runs).toEqual([1, 2]);
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

  it('tells of each request that its run begins and how it ended, and of each run', async () => {
    const { model, hold, release } = doubling();
    const told: string[] = [];
    const runs: Run[] = [];
    const observer = { started: () => {}, ran: (run: Run) => runs.push(run), ended: vi.fn() };
    const queue = scheduler(model, { observer, maxQueue: 3 });
    const following = (name: string) => ({
      aborted: false,
      trace: {
        queued: () => ({
          started: (rows: number, requests: number) => told.push(`${name} among ${rows}/${requests}`),
          ended: (error?: unknown) => told.push(`${name} ${error ? (error as InferenceError).code : 'OK'}`),
        }),
      },
    });
    const ask = (name: string, value: number) =>
      queue.submit(row(value), 'serving_default', following(name)).catch(() => {});
    hold();
    const first = ask('first', 1);
    await new Promise((later) => setImmediate(later));
    const others = [ask('second', 1), ask('third', -1), ask('fourth', 1), ask('fifth', 1)];
    await new Promise((later) => setImmediate(later));
    expect(told).toEqual(['first among 1/1']);
    release();
    await Promise.all([first, ...others]);
    await queue.idle();
    expect(told.slice(1)).toEqual([
      'first OK',
      ...['second', 'third', 'fourth'].map((name) => `${name} among 3/3`),
      'second OK',
      'third INVALID_ARGUMENT',
      'fourth OK',
    ]);
    expect(runs.map(({ requests, succeeded }) => [requests, succeeded])).toEqual([
      [1, true],
      [3, false],
    ]);
    expect(observer.ended.mock.calls.map(([error]) => error?.code)).toEqual([
      'UNAVAILABLE',
      undefined,
      undefined,
      'INVALID_ARGUMENT',
      undefined,
    ]);
  });

  it('waits for a batch to fill where a window is given, and no longer than that', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const turn = () => new Promise((later) => setImmediate(later));
    try {
      const { model, runs } = doubling();
      const queue = scheduler(model, { maxBatchRows: 3, batchWindowMs: 20 });
      const early = queue.submit(row(1), 'serving_default');
      vi.advanceTimersByTime(15);
      const late = queue.submit(row(2), 'serving_default');
      await turn();
      expect(runs).toEqual([]);
      vi.advanceTimersByTime(5);
      expect([await early, await late].map(values)).toEqual([[2], [4]]);
      expect(runs).toEqual([2]);
      await Promise.all([3, 4, 5].map((value) => queue.submit(row(value), 'serving_default')));
      expect(runs).toEqual([2, 3]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('lets no model wait for more than one batch of another, however many of its requests wait', async () => {
    const order: string[] = [];
    const noting = (name: string): LoadedModel => {
      const { model } = doubling();
      const run = (inputs: readonly Tensor[]) => {
        order.push(name);
        return model.run(inputs);
      };
      return { ...model, run };
    };
    const busy = scheduler(noting('busy'), { maxBatchRows: 1 });
    const calm = scheduler(noting('calm'), { maxBatchRows: 1 });
    const flood = Array.from({ length: 20 }, (_, index) => busy.submit(row(index), 'serving_default'));
    await flood[0];
    const before = order.length;
    await calm.submit(row(1), 'serving_default');
    expect(order.slice(before).filter((name) => name === 'busy').length).toBeLessThanOrEqual(2);
    await Promise.all(flood);
  });

  it('holds on to nothing of a request that was answered, so that a young collection frees it', async () => {
    v8.setFlagsFromString('--expose-gc');
    const collect = vm.runInNewContext('gc') as (options?: { type: 'minor' }) => void;
    const { model } = doubling();
    const collecting: LoadedModel = {
      ...model,
      run(inputs) {
        collect({ type: 'minor' });
        return model.run(inputs);
      },
    };
    const queue = scheduler(collecting, { maxBatchRows: 32 });
    const client = async (requests: number) => {
      for (let count = 0; count < requests; count++) {
        const payload = Array.from({ length: 1000 }, (_, index) => index);
        const signal = Object.assign(new AbortController().signal, { payload });
        await queue.submit(row(1), 'serving_default', signal);
      }
    };
    const clients = (requests: number) => Promise.all(Array.from({ length: 32 }, () => client(requests)));
    await clients(20);
    collect();
    const before = process.memoryUsage().heapUsed;
    await clients(100);
    // The payloads of all are 25 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
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

  it.each([
    ['answered', { timeoutMs: 60_000 }],
    ['out of time', { timeoutMs: 1 }],
  ])('counts no memory of a request that has ended, although one of its runs is only later %s', async (_, options) => {
    const limit = 10_000_000;
    const budget = new ByteBudget(limit);
    const held = budget.open();
    const { model, hold, release } = doubling();
    const queue = scheduler(model, options);
    hold();
    const run = queue.submit(row(...Array<number>(10_000).fill(1)), 'serving_default', { aborted: false, held });
    expect(held.bytes).toBeGreaterThan(0);
    await new Promise((later) => setImmediate(later));
    held.release();
    if (options.timeoutMs > 1) release();
    await run.catch(() => {});
    release();
    await queue.idle();
    const fresh = budget.open();
    fresh.check(limit);
    expect(() => fresh.check(limit + 1)).toThrow('bytes of memory');
  });
});
