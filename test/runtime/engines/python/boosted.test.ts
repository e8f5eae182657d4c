import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFor } from '../../../../runtime/src/engines/index.js';
import { detectFormat } from '../../../../runtime/src/manifest/index.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';
import { python } from './saved.js';

/** Groups tests of a Python package that the tests' own environment may lack. */
function describeWithPackage(name: 'xgboost' | 'catboost', pip: string, tests: (folder: string) => void): void {
  const isInstalled = spawnSync(python, ['-c', `import ${name}`]).status === 0;
  if (!isInstalled) {
    describe.skip(`models of ${name} [needs ${name}: .venv/bin/pip install ${pip}]`, () => tests(''));
    return;
  }
  describe(`models of ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'modelship-boosted-'));
    beforeAll(() => {
      execFileSync(python, [join(import.meta.dirname, 'save_boosted.py'), folder, name], { stdio: 'pipe' });
    }, 300_000);
    afterAll(() => rmSync(folder, { recursive: true }));
    tests(folder);
  });
}

/** Runs a model on the rows of its test, and compares the answer with that of its package. */
async function answersAsItsPackage(
  folder: string,
  file: string,
  output: object,
  labels?: string[],
  method?: 'predict',
): Promise<void> {
  const path = join(folder, file);
  const artifact = { path, format: detectFormat(path), ...(method && { method }) };
  const model = await engineFor(artifact.format).load(artifact, { python, threads: 1 });
  try {
    const { inputs, outputs } = model.signatures.serving_default!;
    expect(inputs).toEqual([{ name: 'features', datatype: 'FP64', shape: [-1, 3], ...(labels && { labels }) }]);
    expect(outputs).toEqual([output]);
    const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
    const data = Float64Array.from(expected.rows as (number | null)[], (value) => value ?? Number.NaN);
    const rows: Tensor = { name: 'features', datatype: 'FP64', shape: [data.length / 3, 3], data };
    const [answer] = await model.run([rows]);
    expect([...(answer!.data as Float64Array)].map(Number)).toEqual(expected[file.split('.')[0]!]);
  } finally {
    await model.close();
  }
}

const LONG = { timeout: 300_000 };

describeWithPackage('xgboost', 'xgboost-cpu', (folder) => {
  const names = ['a', 'b', 'c'];

  it.each([
    ['binary.json', { name: 'probability', datatype: 'FP32', shape: [-1] }, names],
    ['binary.ubj', { name: 'probability', datatype: 'FP32', shape: [-1] }, names],
    ['classes.ubj', { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] }, names],
    ['number.json', { name: 'prediction', datatype: 'FP32', shape: [-1] }, names],
    ['stopped.json', { name: 'probability', datatype: 'FP32', shape: [-1] }, undefined],
  ])('are detected and answer as the package: %s', LONG, async (file, output, labels) => {
    expect(detectFormat(join(folder, file))).toBe('xgboost');
    await answersAsItsPackage(folder, file, output, labels);
  });

  it.each([
    ['binary.json', { name: 'probability', datatype: 'FP32', shape: [-1] }, names],
    ['classes.ubj', { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] }, names],
    ['several.json', { name: 'label', datatype: 'INT64', shape: [-1, 2] }, undefined],
  ])('answer as `predict` of what saved them: %s', LONG, async (file, output, labels) => {
    await answersAsItsPackage(folder, file, output, labels, 'predict');
  });

  it('are not served with categorical columns', LONG, async () => {
    const path = join(folder, 'categories.json');
    await expect(engineFor('xgboost').load({ path, format: 'xgboost' }, { python, threads: 1 })).rejects.toThrow(
      'its columns kind are categorical',
    );
  });

  it('are rejected if they were cut off', LONG, async () => {
    const cut = (ending: string) => {
      const bytes = readFileSync(join(folder, `binary.${ending}`));
      writeFileSync(join(folder, `cut.${ending}`), bytes.subarray(0, bytes.length / 2));
      return join(folder, `cut.${ending}`);
    };
    expect(() => detectFormat(cut('ubj'))).toThrow(/was cut off: it is a model of XGBoost in UBJSON/);
    const artifact = { path: cut('json'), format: 'xgboost' } as const;
    await expect(engineFor('xgboost').load(artifact, { python, threads: 1 })).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
    });
  });
});

describeWithPackage('catboost', 'catboost', (folder) => {
  it.each([
    ['binary.cbm', { name: 'probabilities', datatype: 'FP64', shape: [-1, 2], labels: ['0', '1'] }],
    ['classes.cbm', { name: 'probabilities', datatype: 'FP64', shape: [-1, 3], labels: ['0', '1', '2'] }],
    ['number.cbm', { name: 'prediction', datatype: 'FP64', shape: [-1] }],
  ])('are detected and answer as the package: %s', LONG, async (file, output) => {
    expect(detectFormat(join(folder, file))).toBe('catboost');
    await answersAsItsPackage(folder, file, output);
  });
});
