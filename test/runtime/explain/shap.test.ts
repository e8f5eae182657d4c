import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAdditiveModel } from '../../../runtime/src/engines/additive.js';
import type { LoadedModel } from '../../../runtime/src/engines/index.js';
import type { TreeEnsemble } from '../../../runtime/src/engines/trees/tree-ensemble.js';
import { AdditiveExplainer, type Effects } from '../../../runtime/src/explain/additive-explainer.js';
import type { ModelFormat } from '../../../runtime/src/manifest/index.js';
import { finished } from './finished.js';

const FOLDER = join(import.meta.dirname, 'reference');
const COLUMNS = 5;
const inputs = [{ name: 'features', datatype: 'FP32', shape: [-1, COLUMNS] }] as const;
const loaded = { signatures: { serving_default: { inputs, outputs: [] } } } as unknown as LoadedModel;

interface Expected {
  readonly base: readonly number[];
  /** By instance, feature and output. */
  readonly values: readonly (readonly (readonly number[])[])[];
}

/** What `shap_reference.py` wrote. */
interface Case {
  readonly file: string;
  readonly instances: readonly (readonly (number | null)[])[];
  readonly background: readonly (readonly number[])[];
  readonly interventional?: Expected;
  readonly pathDependent?: Expected;
  readonly linear?: Expected;
}

const { cases } = JSON.parse(readFileSync(join(FOLDER, 'shap.json'), 'utf8')) as {
  readonly cases: Readonly<Record<string, Case>>;
};

const named = (kind: 'interventional' | 'pathDependent' | 'linear') =>
  Object.entries(cases).filter(([, each]) => each[kind]) as [string, Case][];

const rows = (values: Case['instances']) => Float64Array.from(values.flat(), (value) => value ?? Number.NaN);

async function explainer(file: string): Promise<AdditiveExplainer> {
  const formats: Readonly<Record<string, ModelFormat>> = { onnx: 'onnx', txt: 'lightgbm' };
  const format = formats[file.split('.').at(-1)!] ?? 'xgboost';
  return new AdditiveExplainer((await readAdditiveModel({ path: join(FOLDER, file), format }, loaded))!);
}

/** Compares with a tolerance that is absolute, as shap's values are about 1. */
function expectEqual({ base, values }: Effects, expected: Expected, tolerance: number): void {
  const difference = (actual: Float64Array, wanted: readonly number[]) => {
    expect(actual.length).toBe(wanted.length);
    return actual.reduce((most, each, index) => Math.max(most, Math.abs(each - wanted[index]!)), 0);
  };
  expect(difference(values, expected.values.flat(2))).toBeLessThan(tolerance);
  expect(difference(base, expected.base)).toBeLessThan(tolerance);
}

describe('effects of features are those of the shap package', () => {
  it.each(named('interventional'))(
    'interventional, to 1e-6: %s',
    async (_, { file, instances, background, interventional }) => {
      const effects = finished((await explainer(file)).interventional(rows(instances), rows(background)));
      expectEqual(effects, interventional!, 1e-6);
    },
  );

  it('are read without values of the classes that a tree does not add to', async () => {
    const model = await readAdditiveModel({ path: join(FOLDER, 'xgboost.onnx'), format: 'onnx' }, loaded);
    const { trees, outputs } = model!.form as TreeEnsemble;
    expect(outputs).toBe(3);
    expect(new Set(trees.map(({ width, output }) => `${output}: ${width}`))).toEqual(new Set(['0: 1', '1: 1', '2: 1']));
  });

  it.each(named('pathDependent'))('path-dependent, to 1e-6: %s', async (_, { file, instances, pathDependent }) => {
    const model = await explainer(file);
    expect(model.hasCover).toBe(true);
    expectEqual(finished(model.pathDependent(rows(instances))), pathDependent!, 1e-6);
  });

  it.each(named('linear'))('linear, to 1e-9: %s', async (_, { file, instances, background, linear }) => {
    expectEqual(finished((await explainer(file)).interventional(rows(instances), rows(background))), linear!, 1e-9);
  });
});
