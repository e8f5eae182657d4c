import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EngineOptions } from '../../../../runtime/src/engines/engine.js';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import { Worker } from '../../../../runtime/src/engines/python/worker.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';
import { python, saveModels } from './saved.js';

interface Expected {
  readonly rows: number[][];
  readonly labels: string[];
  readonly probabilities: number[][];
  readonly patients: number[][];
  readonly progression: number[];
}

let folder: string;
let expected: Expected;
beforeAll(() => {
  ({ folder, expected } = saveModels<typeof expected>('train.py'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let model: LoadedModel | undefined;
afterEach(async () => {
  await model?.close();
  model = undefined;
});

async function load(file: string, options: EngineOptions = {}): Promise<LoadedModel> {
  const artifact = { path: join(folder, file), format: 'pickle' } as const;
  model = await engineFor('pickle').load(artifact, { python, threads: 1, trustPickle: true, ...options });
  return model;
}

function features(rows: readonly (readonly number[])[]): Tensor {
  return {
    name: 'features',
    datatype: 'FP64',
    shape: [rows.length, rows[0]!.length],
    data: Float64Array.from(rows.flat()),
  };
}

describe('an estimator of scikit-learn', () => {
  it.each(['classifier.joblib', 'classifier.joblib.gz', 'classifier.pkl'])(
    'classifies as in Python: %s',
    async (file) => {
      const { signatures } = await load(file);
      expect(signatures.serving_default).toEqual({
        inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, 4] }],
        outputs: [
          { name: 'label', datatype: 'BYTES', shape: [-1] },
          { name: 'probabilities', datatype: 'FP64', shape: [-1, 3], labels: ['setosa', 'versicolor', 'virginica'] },
        ],
      });
      const [label, probabilities] = await model!.run([features(expected.rows)]);
      expect((label!.data as Buffer[]).map(String)).toEqual(expected.labels);
      expect(probabilities!.shape).toEqual([5, 3]);
      expect([...(probabilities!.data as Float64Array)]).toEqual(expected.probabilities.flat());
    },
  );

  it('regresses as in Python, saved by cloudpickle', async () => {
    const { signatures } = await load('regressor.pkl');
    expect(signatures.serving_default!.outputs).toEqual([{ name: 'prediction', datatype: 'FP64', shape: [-1] }]);
    const [prediction] = await model!.run([features(expected.patients)]);
    expect([...(prediction!.data as Float64Array)]).toEqual(expected.progression);
  });

  it('takes and gives tensors that are larger than what a socket holds', async () => {
    const rows = Array.from({ length: 20_000 }, () => expected.rows).flat();
    const [label, probabilities] = await (await load('classifier.pkl')).run([features(rows)]);
    expect(label!.data).toHaveLength(rows.length);
    expect((probabilities!.data as Float64Array).slice(-15)).toEqual(Float64Array.from(expected.probabilities.flat()));
  });
});

describe('a pickle that cannot be served', () => {
  it('is refused without trust, before any process is started', async () => {
    const refused = load('crashing_at_load.pkl', { trustPickle: false, python: 'no-such-python' });
    await expect(refused).rejects.toMatchObject({
      code: 'FORMAT_UNTRUSTED',
      message: expect.stringMatching(/MODELSHIP_TRUST_PICKLE/),
    });
  });

  it('is told of: an object that does not predict', async () => {
    await expect(load('transformer.joblib')).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(/contains a StandardScaler; .*`predict`/),
    });
  });

  it('is told of: bytes that are cut off', async () => {
    writeFileSync(join(folder, 'cut.pkl'), readFileSync(join(folder, 'classifier.pkl')).subarray(0, 200));
    await expect(load('cut.pkl')).rejects.toMatchObject({ code: 'ARTIFACT_INVALID' });
  });

  it('does not load if its workers keep ending', async () => {
    await expect(load('crashing_at_load.pkl')).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(/exited 4 times .*exited with 9/),
    });
  });

  it('does not load without Python, which is named', async () => {
    await expect(load('classifier.pkl', { python: 'no-such-python' })).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(/no-such-python/),
    });
  });
});

describe('a worker that fails', () => {
  const sum = async (rows: number[][]) => [...((await model!.run([features(rows)]))[0]!.data as Float64Array)];

  it('tells what the model refuses, and goes on', async () => {
    const lines: string[] = [];
    await load('crashing.pkl', { onLine: (line) => lines.push(line) });
    await expect(sum([[7, 1]])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^the model rejected the input with ValueError; .* error [0-9a-f]{16}$/),
    });
    expect(await sum([[1, 2]])).toEqual([3]);
    await model!.close();
    expect(lines).toEqual([
      expect.stringMatching(/^error [0-9a-f]{16}: ValueError: the model rejected .* at .*train\.py:\d+$/),
    ]);
  });

  it.each([
    ['an exception', 8, /RuntimeError: out of luck/],
    ['a key of its own that is missing', 5, /KeyError: 'of its own'/],
    ['an output that is not of the declared type', -4, /ValueError: .*four/],
  ])('tells the caller of %s by an identifier, and the log the rest', async (_, row, logged) => {
    const lines: string[] = [];
    await load('crashing.pkl', { onLine: (line) => lines.push(line) });
    const error = await sum([[row, 1]]).catch((reason) => reason);
    expect(error.code).toBe('INTERNAL');
    const [, identifier] = /^the model failed; the log has the details of error ([0-9a-f]{16})$/.exec(error.message)!;
    expect(await sum([[1, 2]])).toEqual([3]);
    await model!.close();
    expect(lines.find((line) => line.includes(identifier!))).toMatch(logged);
  });

  it('says that outputs are too large, and goes on', async () => {
    await load('crashing.pkl');
    const tooLarge = { code: 'OUT_OF_RANGE', message: expect.stringMatching(/take 16 bytes, at most 8/) };
    await expect(
      sum([
        [3.5, 1],
        [1, 2],
      ]),
    ).rejects.toMatchObject(tooLarge);
    expect(await sum([[1, 2]])).toEqual([3]);
  });

  it('costs the request that it had, and no other', async () => {
    const lines: string[] = [];
    await load('crashing.pkl', { workers: 2, onLine: (line) => lines.push(line) });
    expect(model!.concurrency).toBe(2);
    const outcomes = await Promise.allSettled([[1], [13], [2], [3], [4]].map(([first]) => sum([[first!, 1]])));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect((outcomes[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 1 });
    expect(lines).toEqual([expect.stringMatching(/a worker exited/)]);
  });

  it('is replaced: requests wait for the only one', async () => {
    await load('crashing.pkl');
    await expect(sum([[13, 1]])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await sum([[1, 2]])).toEqual([3]);
  });

  it('is killed and replaced once a run takes too long', async () => {
    await load('crashing.pkl', { timeoutSeconds: 0.5 });
    await expect(sum([[6, 1]])).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(await sum([[1, 2]])).toEqual([3]);
  });

  it('is killed if it does not load in time', async () => {
    const path = join(folder, 'stuck_at_load.pkl');
    const worker = new Worker({
      python,
      path,
      format: 'pickle',
      trusted: true,
      threads: 1,
      loadLimitMs: 100,
      onLine: () => {},
    });
    await expect(worker.load()).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(/not loaded within 0.1 seconds/),
    });
    await worker.ended;
  });

  it('is no longer waited for in a crash loop, and the model is not healthy until one is up again', async () => {
    await load('crashing.pkl');
    for (let crash = 0; crash < 4; crash++) {
      await expect(sum([[13, 1]])).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 1 });
    }
    await expect(sum([[1, 2]])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/keep failing/),
    });
    expect(model!.isHealthy).toBe(false);
    await vi.waitUntil(() => model!.isHealthy, { timeout: 20_000 });
    expect(await sum([[1, 2]])).toEqual([3]);
  });
});
