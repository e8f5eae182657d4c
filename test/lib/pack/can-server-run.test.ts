import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedModel, loadTrees } from '@modelship/runtime/serve';
import { afterAll, expect, test } from 'vitest';
import { canServerRun } from '../../../lib/pack/can-server-run.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-trees-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a model of one tree over the first column, as XGBoost does. */
function save(name: string, { threshold = 0.5, defaultLeft = 1, columns = 1 } = {}): string {
  const tree = {
    left_children: [1, -1, -1],
    right_children: [2, -1, -1],
    default_left: [defaultLeft, 0, 0],
    split_indices: [0, 0, 0],
    split_conditions: [threshold, -1, 1],
    tree_param: {},
  };
  const learner = {
    attributes: {},
    gradient_booster: { name: 'gbtree', model: { trees: [tree], tree_info: [0] } },
    learner_model_param: { base_score: '[0]', num_class: '0', num_feature: String(columns), num_target: '1' },
    objective: { name: 'reg:squarederror' },
  };
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ learner }));
  return path;
}

/** Returns the model of another file in the role of the worker. */
const worker = async (path: string): Promise<LoadedModel> => (await loadTrees(path))!;
const plain = save('plain.json');

test('the server runs a model if it predicts what the worker predicts', async () => {
  expect(await canServerRun(plain, 'xgboost', await worker(plain), [])).toBe(true);
});

test('the server runs a model with the smallest 32-bit float as a threshold, below which no value is allowed', async () => {
  const lowest = save('lowest.json', { threshold: -(2 - 2 ** -23) * 2 ** 127 });
  expect(await canServerRun(lowest, 'xgboost', await worker(lowest), [])).toBe(true);
});

test('fewer rows of models with many columns are compared', async () => {
  const edges = async (columns: number) => (await loadTrees(save('wide.json', { columns })))!.edgeRows(1000).shape;
  expect(await edges(1_000_000)).toEqual([4, 1_000_000]);
  expect(await edges(2 ** 22)).toEqual([1, 2 ** 22]);
  expect(await edges(100)).toEqual([1000, 100]);
});

test.each([
  ['at a threshold', { threshold: 0.5 + 2 ** -24 }],
  ['just below a threshold', { threshold: 0.5 - 2 ** -25 }],
  ['for missing values', { defaultLeft: 0 }],
])('the server does not run a model whose predictions differ %s', async (_, change) => {
  expect(await canServerRun(plain, 'xgboost', await worker(save('other.json', change)), [])).toBe(false);
});

test('the server does not run a model with another signature', async () => {
  const model = await worker(plain);
  const { serving_default: signature } = model.signatures;
  const other = { ...signature!, outputs: [{ ...signature!.outputs[0]!, name: 'probability' }] };
  const named = { signatures: { serving_default: other }, run: model.run.bind(model), close: model.close.bind(model) };
  expect(await canServerRun(plain, 'xgboost', named, [])).toBe(false);
});

test('the server does not run models of other formats', async () => {
  expect(await canServerRun(plain, 'lightgbm', await worker(plain), [])).toBe(false);
});
