import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { packModel } from '../../../../lib/pack/index.js';
import type { EngineOptions } from '../../../../runtime/src/engines/engine.js';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import type { Signature } from '../../../../runtime/src/tensor/tensor.js';
import { post, serve, spawnServer, stopAll, until } from '../../faults/servers.js';
import { python } from './saved.js';

let folder: string;
let source: string;
let lines: string[];
let model: LoadedModel | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'worker-pool-'));
  source = join(folder, 'remembering.pkl');
  execFileSync(python, [join(import.meta.dirname, 'save_remembering.py'), source]);
});
beforeEach(() => {
  lines = [];
  vi.stubEnv('MODELSHIP_TEST_CALLS', join(folder, 'calls'));
  writeFileSync(join(folder, 'calls'), '');
});
afterEach(async () => {
  await model?.close();
  model = undefined;
  await stopAll();
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** With it, no worker asks the model what it gives. */
const declared: Signature = {
  inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, 2] }],
  outputs: [{ name: 'prediction', datatype: 'FP64', shape: [-1] }],
};

/** Variables that configure the model of these tests. */
const VARIABLES = ['MODELSHIP_TEST_CALLS', 'MODELSHIP_TEST_LOAD_SECONDS'];

async function load(options: EngineOptions = {}): Promise<void> {
  const onLine = (line: string) => lines.push(line);
  const common = { python, threads: 1, trustPickle: true, workerEnvironment: VARIABLES, onLine };
  model = await engineFor('pickle').load({ path: source, format: 'pickle', declared }, { ...common, ...options });
}

async function ask(first: number): Promise<number> {
  const data = Float64Array.of(first, 1);
  const [sum] = await model!.run([{ name: 'features', datatype: 'FP64', shape: [1, 2], data }]);
  return sum!.data[0] as number;
}

/** What the model was asked so far. */
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').split('\n').filter(Boolean).map(Number);

/** The processes that a process has started. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function packed(): Promise<string> {
  const out = join(folder, 'package');
  const samples = join(folder, 'samples.json');
  const input = { name: 'features', datatype: 'FP64', shape: [1, 2], data: [1, 2] };
  writeFileSync(samples, JSON.stringify([{ inputs: [input] }]));
  vi.stubEnv('MODELSHIP_PYTHON', python);
  vi.stubEnv('MODELSHIP_WORKER_ENVIRONMENT', VARIABLES.join(','));
  await packModel({ source, out, name: 'remembering', samples, trustPickle: true, force: true });
  return out;
}

describe('fault 22: a worker that takes more memory than it may', { timeout: 60_000 }, () => {
  it('is replaced when it is idle, and no request fails', async () => {
    await load({ workerMemoryMib: 150 });
    const [before] = childrenOf(process.pid);
    expect(await ask(30)).toBe(31);
    await until(async () =>
      lines.some((line) => /a worker is being replaced, because it uses more than 150 MiB/.test(line)),
    );
    expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([2, 3, 4]);
    expect(childrenOf(process.pid)).not.toContain(before);
    expect(lines.join()).not.toMatch(/a worker exited/);
  });

  it('is replaced while the others answer, one at a time', async () => {
    await load({ workerMemoryMib: 150, workers: 2 });
    expect(await Promise.all([ask(30), ask(30)])).toEqual([31, 31]);
    await until(async () => {
      expect(await ask(1)).toBe(2);
      return lines.filter((line) => /a worker is being replaced/.test(line)).length === 2;
    });
  });

  it('is killed while it runs, which costs the request that it had, with the reason', async () => {
    await load({ workerMemoryMib: 150, workers: 2 });
    const others = Array.from({ length: 5 }, (_, index) => ask(index));
    await expect(ask(40)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/it took \d+ MiB of memory, more than its limit/),
    });
    expect(await Promise.all(others)).toEqual([1, 2, 3, 4, 5]);
    expect(await ask(7)).toBe(8);
  });

  it('is replaced while requests wait, and those that the queue does not hold are shed', async () => {
    const options = { model: await packed(), python, trustPickle: true, workerEnvironment: VARIABLES };
    vi.stubEnv('MODELSHIP_TEST_LOAD_SECONDS', '1');
    const base = await serve({ ...options, workers: 1, workerMemoryMib: 150, maxQueue: 2 });
    const predict = (first: number) =>
      post(`${base}/v1/models/remembering:predict`, JSON.stringify({ instances: [[first, 1]] }));
    const [before] = childrenOf(process.pid);
    expect((await predict(30)).status).toBe(200);
    await until(async () => !childrenOf(process.pid).includes(before!));
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(predict));
    const shed = answers.filter(({ status }) => status === 503);
    expect(shed.length).toBeGreaterThan(0);
    for (const { headers } of shed) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    const answered = answers.filter(({ status }) => status === 200);
    expect(answered.length).toBeGreaterThan(1);
    expect(answered.length + shed.length).toBe(6);
  });

  it('does not load, and says what to change', async () => {
    await expect(load({ workerMemoryMib: 1 })).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(/uses \d+ MiB .* limit for each worker is 1 MiB\. .*MODELSHIP_WORKER_MEMORY_MIB/),
    });
  });
});

describe('a request whose worker ends', { timeout: 60_000 }, () => {
  it.each([1, 2])('is answered by another if that had not read it, of %i workers', async (workers) => {
    await load({ workers });
    const [first] = childrenOf(process.pid);
    process.kill(first!, 'SIGSTOP');
    const answer = ask(5);
    // It is in the worker's connection by then.
    await new Promise((later) => setImmediate(later));
    process.kill(first!, 'SIGKILL');
    expect(await answer).toBe(6);
    expect(calls()).toEqual([5]);
    expect(lines).toEqual([expect.stringMatching(/a worker exited/)]);
  });

  it('is not run a second time if that had read it', async () => {
    await load({ workers: 2 });
    await expect(ask(13)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await ask(1)).toBe(2);
    expect(calls()).toEqual([13, 1]);
  });
});

describe('a client that goes away', { timeout: 60_000 }, () => {
  it('is not run if it waited, and nobody waits for it if it ran', async () => {
    const options = { model: await packed(), python, trustPickle: true, workerEnvironment: VARIABLES };
    const base = await serve({ ...options, workers: 1 });
    const predict = (first: number, signal?: AbortSignal) =>
      post(`${base}/v1/models/remembering:predict`, JSON.stringify({ instances: [[first, 1]] }), {}, signal);
    writeFileSync(join(folder, 'calls'), '');
    const [running, waiting] = [new AbortController(), new AbortController()];
    const gone = [predict(20, running.signal)];
    await until(async () => calls().includes(20));
    gone.push(predict(2, waiting.signal));
    const stays = predict(3);
    running.abort();
    waiting.abort();
    for (const each of gone) await expect(each).rejects.toThrow(/abort/);
    expect(await (await stays).json()).toEqual({ predictions: [4] });
    expect(calls()).toEqual([20, 3]);
  });
});

it('a worker ends with a server that was killed, even while its model runs, and is killed before the server for want of memory', async () => {
  const server = spawnServer({
    MODELSHIP_MODEL: await packed(),
    MODELSHIP_PYTHON: python,
    MODELSHIP_TRUST_PICKLE: 'true',
    MODELSHIP_WORKER_ENVIRONMENT: VARIABLES.join(','),
    MODELSHIP_TEST_CALLS: join(folder, 'calls'),
  });
  const base = await server.url;
  const [worker] = childrenOf(server.child.pid!);
  expect(readFileSync(`/proc/${worker}/oom_score_adj`, 'utf8').trim()).toBe('900');
  const stuck = post(`${base}/v1/models/remembering:predict`, '{"instances": [[60, 1]]}').catch(() => 'cut off');
  await until(async () => calls().includes(60));
  server.child.kill('SIGKILL');
  expect(await stuck).toBe('cut off');
  await until(async () => !isRunning(worker!));
}, 60_000);
