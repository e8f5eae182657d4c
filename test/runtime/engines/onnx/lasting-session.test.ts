import { copyFileSync, mkdtempSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import type { Run } from '../../../../runtime/src/observability/scheduler-observer.js';
import { Scheduler } from '../../../../runtime/src/scheduling/scheduler.js';
import { runSlow, serve, slowPackage, stopAll } from '../../faults/servers.js';

/** The threads that were started, newest last. */
const threads = vi.hoisted(() => [] as { readonly threadId: number; terminate(): Promise<number> }[]);

vi.mock('node:worker_threads', async (original) => {
  const actual = await original<typeof import('node:worker_threads')>();
  class Worker extends actual.Worker {
    constructor(...given: ConstructorParameters<typeof actual.Worker>) {
      super(...given);
      threads.push(this);
    }
  }
  return { ...actual, Worker };
});

const FIXTURE = join(import.meta.dirname, '../../../fixtures/slow.onnx');
const rounds = [{ name: 'rounds', datatype: 'INT64', shape: [1], data: BigInt64Array.of(1n) }] as const;

beforeEach(() => {
  threads.length = 0;
});
afterEach(stopAll);

it('frees the thread that took large inputs before the model itself moves to a thread', async () => {
  const path = join(import.meta.dirname, '../../../fixtures/zip_map.onnx');
  const model = await engineFor('onnx').load({ path, format: 'onnx' }, { threads: 1 });
  const rows = 20_000;
  const features = { name: 'features', datatype: 'FP32', shape: [rows, 2], data: new Float32Array(2 * rows) } as const;
  const before = await model.run([features]);
  expect(threads).toHaveLength(1);
  await model.offload!(1);
  // Node reports -1 for a thread that has ended.
  expect(threads.map(({ threadId }) => threadId !== -1)).toEqual([false, true]);
  expect(await model.run([features])).toEqual(before);
  expect(threads).toHaveLength(2);
  await model.close();
});

it('runs requests together that arrive while the event loop runs others, and small ones beside a large one', async () => {
  const path = join(import.meta.dirname, '../../../fixtures/zip_map.onnx');
  const model = await engineFor('onnx').load({ path, format: 'onnx' }, {});
  const runs: number[] = [];
  const observer = { started() {}, ended() {}, ran: ({ rows }: Run) => runs.push(rows) };
  const queue = new Scheduler(model, { maxQueue: 100, timeoutMs: 60_000, maxBatchRows: 64, observer });
  const submit = (rows: number) => {
    const data = new Float32Array(2 * rows);
    return queue.submit([{ name: 'features', datatype: 'FP32', shape: [rows, 2], data }], 'serving_default');
  };
  const first = submit(1);
  await setImmediate();
  const second = submit(1);
  await setImmediate();
  await Promise.all([first, second, submit(1)]);
  expect(runs).toEqual([1, 2]);
  const large = submit(20_000);
  await setImmediate();
  await submit(1);
  await Promise.all([large, queue.idle()]);
  expect(runs.slice(2)).toEqual([1, 20_000]);
  await model.close();
});

it('opens a model whose runs are long in its own thread at once, with the same signature and answers', async () => {
  const path = join(import.meta.dirname, '../../../fixtures/mean_color.onnx');
  const data = Float32Array.from({ length: 8 * 8 * 3 }, (_, index) => index);
  const pixels = { name: 'pixels', datatype: 'FP32', shape: [1, 8, 8, 3], data } as const;
  const inline = await engineFor('onnx').load({ path, format: 'onnx' }, {});
  expect([inline.hasOwnThread, threads.length]).toEqual([false, 0]);
  const model = await engineFor('onnx').load({ path, format: 'onnx' }, { isLong: true, threads: 2 });
  expect([model.hasOwnThread, model.offload, model.processors, threads.length]).toEqual([true, undefined, 2, 1]);
  expect(model.signatures).toEqual(inline.signatures);
  expect(await model.run([pixels])).toEqual(await inline.run([pixels]));
  await Promise.all([model.close(), inline.close()]);
  await expect(
    engineFor('onnx').load({ path: import.meta.filename, format: 'onnx' }, { isLong: true }),
  ).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' });
});

it.each([true, false])('measures the processor time of runs, in its own thread or not: %s', async (isLong) => {
  const model = await engineFor('onnx').load({ path: FIXTURE, format: 'onnx' }, { isLong, threads: 1 });
  const timeOf = (times: bigint) => model.processorTime!([{ ...rounds[0], data: BigInt64Array.of(times) }]);
  const short = await timeOf(1n);
  expect(short).toBeGreaterThan(0);
  expect(await timeOf(1000n)).toBeGreaterThan(short * 2);
  await model.close();
});

describe('a model whose thread ends', () => {
  let model: LoadedModel;
  let lines: string[];
  afterEach(() => model.close());

  async function load(path = FIXTURE, verify?: () => Promise<void>): Promise<void> {
    lines = [];
    const onLine = (line: string) => lines.push(line);
    model = await engineFor('onnx').load({ path, format: 'onnx', verify }, { threads: 1, onLine });
    await model.offload!(1);
  }

  it('says that it is not healthy, refuses meanwhile, and answers again in a thread that takes its place', async () => {
    await load();
    expect(await model.run(rounds)).toHaveLength(1);
    expect(model.isHealthy).toBe(true);
    for (const count of [1, 2]) {
      await threads.at(-1)!.terminate();
      expect(model.isHealthy).toBe(false);
      expect(model.fault).toBe('the thread of the model failed: it has ended');
      await expect(model.run(rounds)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 1 });
      await vi.waitUntil(() => model.isHealthy, { timeout: 10_000 });
      expect(await model.run(rounds)).toHaveLength(1);
      expect(threads).toHaveLength(count + 1);
      expect(lines).toHaveLength(count);
    }
    expect(lines[0]).toBe('the thread of the model failed: it has ended; it is being restarted');
  });

  it('fails the runs that were in the thread', async () => {
    await load();
    // In this order, because a thread that is ended within a run takes the process along.
    const ended = threads.at(-1)!.terminate();
    const run = model.run(rounds);
    await expect(run).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await ended;
  });

  it('is not read again from files that are others by now, and is once they are right', async () => {
    const verify = vi.fn().mockRejectedValueOnce(new Error('its digest is another')).mockResolvedValue(undefined);
    await load(FIXTURE, verify);
    expect(verify).not.toHaveBeenCalled();
    await threads.at(-1)!.terminate();
    await vi.waitUntil(() => model.fault === 'its digest is another');
    expect(threads).toHaveLength(1);
    await vi.waitUntil(() => model.isHealthy, { timeout: 10_000 });
    expect(await model.run(rounds)).toHaveLength(1);
  });

  it('is tried again and again while its file is damaged', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'modelship-lasting-')), 'model.onnx');
    copyFileSync(FIXTURE, path);
    await load(path);
    truncateSync(path, 10);
    await threads.at(-1)!.terminate();
    await vi.waitUntil(() => lines.length >= 3, { timeout: 10_000 });
    expect(model.fault).toMatch(/parsing failed|load/i);
    copyFileSync(FIXTURE, path);
    await vi.waitUntil(() => model.isHealthy, { timeout: 10_000 });
    expect(await model.run(rounds)).toHaveLength(1);
  });

  it('is not started again once it is closed', async () => {
    await load();
    await threads.at(-1)!.terminate();
    await model.close();
    await new Promise((later) => setTimeout(later, 200));
    expect(threads).toHaveLength(1);
  });
});

it('tells those who ask whether the server is ready, until the thread is there again', async () => {
  const directory = slowPackage(1);
  const path = join(directory, 'model.onnx');
  const base = await serve({ model: directory, threads: 1 });
  const ready = async () => (await fetch(`${base}/v2/health/ready`)).status;
  expect(await ready()).toBe(200);
  truncateSync(path, 10);
  await threads.at(-1)!.terminate();
  expect(await ready()).toBe(503);
  expect((await runSlow(base, 1)).status).toBe(503);
  copyFileSync(FIXTURE, path);
  await vi.waitUntil(async () => (await ready()) === 200, { timeout: 10_000 });
  expect((await runSlow(base, 1)).status).toBe(200);
});
