import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { packModel } from '../../../../lib/pack/index.js';
import { ConfigError, readConfig } from '../../../../runtime/src/config.js';
import { createRuntime } from '../../../../runtime/src/runtime.js';
import { python } from './saved.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pickle-package-'));
  model = join(folder, 'package');
  execFileSync(python, [join(import.meta.dirname, 'train.py'), folder]);
  const samples = join(folder, 'samples.json');
  const input = { name: 'features', datatype: 'FP64', shape: [1, 4], data: [5.1, 3.5, 1.4, 0.2] };
  writeFileSync(samples, JSON.stringify([{ inputs: [input] }]));
  vi.stubEnv('MODELSHIP_PYTHON', python);
  await packModel({ source: join(folder, 'classifier.joblib'), out: model, name: 'iris', samples, trustPickle: true });
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(folder, { recursive: true }));

function runtime(environment: Readonly<Record<string, string>>) {
  return createRuntime(
    readConfig({ MODELSHIP_MODEL: model, MODELSHIP_PYTHON: python, MODELSHIP_LOG_LEVEL: 'error', ...environment }),
  );
}

describe('a package of a pickle', () => {
  it('is served by workers once it is trusted', async () => {
    const { load, catalog, close } = runtime({ MODELSHIP_TRUST_PICKLE: 'true', MODELSHIP_WORKERS: '2' });
    await load();
    try {
      const inputs = [
        { name: 'features', datatype: 'FP64', shape: [1, 4], data: Float64Array.of(5.1, 3.5, 1.4, 0.2) },
      ] as const;
      const { outputs } = await catalog.find('iris')!.infer({ inputs });
      expect(outputs.map(({ name }) => name)).toEqual(['label', 'probabilities']);
      expect(String(outputs[0]!.data[0])).toBe('setosa');
    } finally {
      await close();
    }
  });

  it('is not ready while its workers keep ending, and outlives a run that is stuck', { timeout: 90_000 }, async () => {
    const source = join(folder, 'crashing.pkl');
    const out = join(folder, 'crashing');
    const samples = join(folder, 'crashing.json');
    const input = { name: 'features', datatype: 'FP64', shape: [1, 2], data: [1, 2] };
    writeFileSync(samples, JSON.stringify([{ inputs: [input] }]));
    vi.stubEnv('MODELSHIP_PYTHON', python);
    await packModel({ source, out, name: 'crashing', samples, trustPickle: true });
    vi.unstubAllEnvs();
    const trusted = { MODELSHIP_MODEL: out, MODELSHIP_TRUST_PICKLE: 'true', MODELSHIP_TIMEOUT_SECONDS: '1' };
    const { load, catalog, close } = runtime(trusted);
    await load();
    try {
      const sum = (first: number) =>
        catalog.find('crashing')!.infer({
          inputs: [{ name: 'features', datatype: 'FP64', shape: [1, 2], data: Float64Array.of(first, 1) }],
        });
      await expect(sum(6)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
      // The stuck worker was replaced, or this would never be answered.
      await vi.waitUntil(() => sum(1).catch(() => false), { timeout: 20_000 });
      expect(catalog.ready).toBe(true);
      // Where the machine is busy, a request may end before the worker that it waits for is up.
      await vi.waitUntil(() => sum(13).catch(() => !catalog.ready), { timeout: 60_000 });
    } finally {
      await close();
    }
  });

  it('is refused without trust', async () => {
    await expect(runtime({}).load()).rejects.toMatchObject({ code: 'FORMAT_UNTRUSTED' });
  });

  it.each([
    ['MODELSHIP_TRUST_PICKLE', 'yes'],
    ['MODELSHIP_WORKERS', '0'],
    ['MODELSHIP_WORKERS', 'many'],
  ])('is not served with %s=%s', (name, value) => {
    expect(() => runtime({ [name]: value })).toThrow(ConfigError);
  });
});
