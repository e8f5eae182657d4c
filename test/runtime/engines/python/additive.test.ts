import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAdditiveModel } from '../../../../runtime/src/engines/additive.js';
import type { AdditiveModel } from '../../../../runtime/src/engines/additive-model.js';
import { engineFor } from '../../../../runtime/src/engines/index.js';
import { additiveModelOf } from '../../../../runtime/src/engines/python/parameters.js';
import { pythonFolder } from '../../../../runtime/src/engines/python/python-folder.js';
import { AdditiveExplainer } from '../../../../runtime/src/explain/additive-explainer.js';
import { tensorFromBytes } from '../../../../runtime/src/tensor/binary.js';
import type { Datatype } from '../../../../runtime/src/tensor/datatype.js';
import { finished } from '../../explain/finished.js';
import { python } from './saved.js';

interface Saved {
  readonly tensors: readonly { name: string; datatype: Datatype; shape: readonly number[]; size: number }[];
  readonly rows: readonly (readonly (number | null)[])[];
  readonly sums: readonly (readonly number[])[];
}

const folder = mkdtempSync(join(tmpdir(), 'modelship-additive-'));
let saved: Readonly<Record<string, Saved>>;

beforeAll(() => {
  const script = join(import.meta.dirname, 'save_additive.py');
  execFileSync(python, [script, folder, pythonFolder()], { stdio: 'pipe' });
  saved = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

function parametersOf(name: string): AdditiveModel | undefined {
  const bytes = readFileSync(join(folder, name));
  let end = 0;
  const tensors = saved[name]!.tensors.map(({ name: key, datatype, shape, size }) => {
    const start = end;
    end += size;
    return tensorFromBytes(key, datatype, shape, Buffer.from(bytes.subarray(start, end)));
  });
  return tensors.length === 0 ? undefined : additiveModelOf(tensors);
}

describe('trees and weights of pickled estimators', () => {
  it.each<[string, string]>([
    ['tree', 'identity'],
    ['forest', 'identity'],
    ['holes', 'identity'],
    ['targets', 'identity'],
    ['boosted', 'identity'],
    ['boosted-classes', 'softmax'],
    ['boosted-binary', 'logit'],
    ['histograms', 'identity'],
    ['histograms-rate', 'log'],
    ['histograms-classes', 'softmax'],
    ['ridge', 'identity'],
    ['logistic', 'softmax'],
    ['rate', 'log'],
    ['xgboost', 'logit'],
    ['lightgbm', 'softmax'],
    ['lightgbm-forest', 'identity'],
  ])('give the sums of the estimator, which the effects add up to: %s', (name, link) => {
    const model = parametersOf(name)!;
    expect(model.links).toEqual([link]);
    const { rows, sums } = saved[name]!;
    const explainer = new AdditiveExplainer(model);
    const instances = Float64Array.from(rows.flat(), (value) => value ?? Number.NaN);
    const background = Float64Array.of(0.3, -1, 0, 2, 0.1, 1, 0.5, 0);
    const relative = [explainer.interventional(instances, background)];
    if (explainer.hasCover) relative.push(explainer.pathDependent(instances));
    expect(explainer.hasCover).toBe(model.form.kind === 'trees');
    for (const work of relative) {
      const { base, values } = finished(work);
      const width = base.length;
      const differences = sums.map((wanted, row) =>
        wanted.map((sum, output) => {
          const own = [0, 1, 2, 3].map((column) => values[(row * 4 + column) * width + output]!);
          return Math.abs(own.reduce((total, each) => total + each, base[output]!) - sum);
        }),
      );
      // XGBoost sums floats of 32 bits.
      expect(Math.max(...differences.flat())).toBeLessThan(name === 'xgboost' ? 1e-6 : 1e-9);
    }
  });

  it.each(['neighbors', 'several-targets', 'exponential', 'polynomial'])(
    'are none for estimators that are more than trees or weights: %s',
    (name) => {
      expect(parametersOf(name)).toBeUndefined();
    },
  );

  it('come from the worker that runs the estimator', { timeout: 120_000 }, async () => {
    const artifact = { path: join(folder, 'boosted.joblib'), format: 'pickle' } as const;
    const model = await engineFor('pickle').load(artifact, { python, threads: 1, trustPickle: true });
    try {
      expect(await readAdditiveModel(artifact, model)).toEqual(parametersOf('boosted'));
      // The worker loads files of skops into the same class.
      expect(await readAdditiveModel({ ...artifact, format: 'skops' }, model)).toEqual(parametersOf('boosted'));
    } finally {
      await model.close();
    }
  });
});
