import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime, readConfig } from '@modelship/runtime/serve';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { packModel } from '../../../lib/pack/index.js';

const python = join(__dirname, '..', '..', '..', '.venv', 'bin', 'python');
const folder = mkdtempSync(join(tmpdir(), 'modelship-xgboost-'));
const file = (name: string) => join(folder, name);

/** Saves a model of the booster that the server runs, and of one that it leaves to the package. */
const SAVE = `
import sys, numpy, xgboost
rows = numpy.random.default_rng(0).normal(size=(200, 3))
matrix = xgboost.DMatrix(rows, label=rows[:, 0] > 0)
for booster in ("gbtree", "dart"):
    options = {"objective": "binary:logistic", "booster": booster, "nthread": 1}
    xgboost.train(options, matrix, 5).save_model(f"{sys.argv[1]}/{booster}.json")
`;

beforeAll(() => {
  execFileSync(python, ['-c', SAVE, folder], { stdio: 'pipe' });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  vi.stubEnv('MODELSHIP_PYTHON', python);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Packs a model with a sample, whose response the package gives. */
function pack(booster: string) {
  writeFileSync(file('samples.json'), '{"instances": [[0.5, null, -1]]}');
  return packModel({ source: file(`${booster}.json`), name: 'm', out: file(booster), samples: file('samples.json') });
}

test('a package of a model that the server runs pins no packages, and is served without Python', async () => {
  expect(await pack('gbtree')).not.toHaveProperty('requirements');
  const runtime = createRuntime(
    readConfig({ MODELSHIP_MODEL: file('gbtree'), MODELSHIP_PYTHON: '/no/python', MODELSHIP_LOG_LEVEL: 'error' }),
  );
  // Loading runs the samples.
  await runtime.load();
  try {
    expect(runtime.catalog.ready).toBe(true);
  } finally {
    await runtime.close();
  }
}, 300_000);

test('a package of another model pins the packages', async () => {
  expect((await pack('dart')).requirements!.join('\n')).toMatch(/^xgboost(-cpu)?==/m);
}, 300_000);
