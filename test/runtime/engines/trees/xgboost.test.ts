import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFor } from '../../../../runtime/src/engines/index.js';
import { loadTrees, type TreesModel } from '../../../../runtime/src/engines/trees/trees-model.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';
import { python } from '../python/saved.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-trees-'));
const COLUMNS = 6;
let rows: Tensor;
let saved: Readonly<Record<string, { readonly file: string; readonly shape: readonly number[] }>>;

beforeAll(() => {
  execFileSync(python, [join(import.meta.dirname, 'save_xgboost.py'), folder], { stdio: 'pipe' });
  saved = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const data = new Float64Array(bytesOf('rows'));
  rows = { name: 'features', datatype: 'FP64', shape: [data.length / COLUMNS, COLUMNS], data };
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

function bytesOf(file: string): ArrayBuffer {
  return new Uint8Array(readFileSync(join(folder, file))).buffer;
}

async function load(file: string): Promise<TreesModel> {
  return (await loadTrees(join(folder, file)))!;
}

/** Parts of a saved model that tests damage. */
interface SavedLearner {
  readonly gradient_booster: { readonly model: { trees?: readonly SavedTree[]; readonly tree_info: unknown[] } };
  readonly learner_model_param: { base_score: string; num_class: string; num_feature: string };
}
type SavedTree = Record<
  'split_indices' | 'left_children' | 'right_children' | 'default_left' | 'split_conditions',
  unknown
>;

/** Changes each number of a list to another value. */
const changed = (list: unknown, change: (value: number) => unknown) => (list as number[]).map(change);

const LONG = { timeout: 120_000 };

describe('models of XGBoost in the server', () => {
  it.each([
    'number',
    'exact',
    'absolute',
    'logarithm',
    'quantiles',
    'share',
    'binary',
    'base-score',
    'hinge',
    'count',
    'gamma',
    'tweedie',
    'pairwise',
    'ndcg',
    'map',
    'probabilities',
    'class',
    'forest',
    'targets',
    'labels',
    'constant',
    'stopped',
  ])('predict what the package predicts for 100,000 rows, bit for bit: %s', LONG, async (name) => {
    const { file, shape } = saved[name]!;
    const [predictions] = await (await load(file)).run([rows]);
    expect(predictions!.shape).toEqual(shape);
    const bytes = (data: Float32Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    expect(bytes(predictions!.data as Float32Array).equals(readFileSync(join(folder, name)))).toBe(true);
  });

  it.each(['dart.json', 'linear.json', 'survival.json', 'raw.json', 'vectors.json', 'categories.json'])(
    'are left to the package if they are of another kind: %s',
    async (file) => {
      expect(await loadTrees(join(folder, file))).toBeUndefined();
    },
  );

  it.each<[string, (learner: SavedLearner, tree: SavedTree) => void]>([
    ['a column beyond the rows', (_, tree) => (tree.split_indices = changed(tree.split_indices, () => COLUMNS))],
    ['a column that is a text', (_, tree) => (tree.split_indices = changed(tree.split_indices, String))],
    ['a column that is a fraction', (_, tree) => (tree.split_indices = changed(tree.split_indices, () => 0.5))],
    ['a child beyond the tree', (_, tree) => (tree.left_children = changed(tree.left_children, () => 10_000))],
    ['children that are texts', (_, tree) => (tree.right_children = changed(tree.right_children, String))],
    ['nodes without a right child', (_, tree) => (tree.right_children = [])],
    ['children that are an object', (_, tree) => (tree.left_children = { length: 1e9, 0: -1 })],
    ['a default child that is a text', (_, tree) => (tree.default_left = changed(tree.default_left, String))],
    ['a tree without end', (_, tree) => (tree.left_children = changed(tree.left_children, () => 0))],
    ['a threshold that is no number', (_, tree) => (tree.split_conditions = changed(tree.split_conditions, () => 'x'))],
    ['a threshold that is a text', (_, tree) => (tree.split_conditions = changed(tree.split_conditions, String))],
    ['a threshold that is missing', (_, tree) => (tree.split_conditions = changed(tree.split_conditions, () => null))],
    ['outputs that are texts', (learner) => learner.gradient_booster.model.tree_info.fill('0')],
    ['more outputs than trees', (learner) => (learner.learner_model_param.num_class = '100000000')],
    ['an output that is a fraction', (learner) => (learner.learner_model_param.num_class = '1.5')],
    ['columns beyond any memory', (learner) => (learner.learner_model_param.num_feature = '1e12')],
    ['a base score that is a text', (learner) => (learner.learner_model_param.base_score = '["0.5"]')],
    ['an output that the model lacks', (learner) => learner.gradient_booster.model.tree_info.fill(1)],
    ['a base score beyond those of its objective', (learner) => (learner.learner_model_param.base_score = '[1.5]')],
    ['no trees', (learner) => delete learner.gradient_booster.model.trees],
  ])('are left to the package if they are damaged: %s', async (_, damage) => {
    const document = JSON.parse(readFileSync(join(folder, 'base-score.json'), 'utf8'));
    damage(document.learner, document.learner.gradient_booster.model.trees[0]);
    writeFileSync(join(folder, 'damaged.json'), JSON.stringify(document));
    expect(await loadTrees(join(folder, 'damaged.json'))).toBeUndefined();
  });

  it.each(['{"learner": {', '{"learner": null}', '{L'])(
    'are left to the package if they are cut off: %s',
    async (text) => {
      writeFileSync(join(folder, 'damaged.json'), text);
      expect(await loadTrees(join(folder, 'damaged.json'))).toBeUndefined();
    },
  );

  it('reject infinite values, as the package does', LONG, async () => {
    const artifact = { path: join(folder, 'number.ubj'), format: 'xgboost' } as const;
    const worker = await engineFor('xgboost').load(artifact, { python, threads: 1 });
    try {
      for (const value of [Number.POSITIVE_INFINITY, -1e39]) {
        const input = { ...rows, shape: [1, COLUMNS], data: new Float64Array(COLUMNS).fill(value) };
        for (const model of [worker, await load('number.ubj')]) {
          await expect(model.run([input])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
        }
      }
    } finally {
      await worker.close();
    }
  });

  it('are loaded without Python if packing found the same predictions', async () => {
    const artifact = { path: join(folder, 'number.ubj'), format: 'xgboost', needsPython: false } as const;
    const model = await engineFor('xgboost').load(artifact, { python: '/no/python' });
    expect(model.signatures.serving_default).toEqual({
      inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, COLUMNS], labels: ['a', 'b', 'c', 'd', 'e', 'f'] }],
      outputs: [{ name: 'prediction', datatype: 'FP32', shape: [-1] }],
    });
  });

  it('let other work run during a large request', async () => {
    const run = (await load('probabilities.ubj')).run([rows]);
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    count();
    await run;
    isDone = true;
    // 60 trees on 100,000 rows are 600 slices of 10,000.
    expect(turns).toBeGreaterThan(500);
  });
});
