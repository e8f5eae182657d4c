import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import { externalData } from '../../../../runtime/src/manifest/index.js';
import { isBatchable } from '../../../../runtime/src/tensor/batch.js';
import { python } from '../python/saved.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-graphs-'));
  execFileSync(python, [join(import.meta.dirname, 'save_graphs.py'), folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

let model: LoadedModel | undefined;
afterEach(async () => {
  await model?.close();
  model = undefined;
});

async function load(name: string): Promise<LoadedModel> {
  model = await engineFor('onnx').load({ path: join(folder, `${name}.onnx`), format: 'onnx' }, { threads: 1 });
  return model;
}

const row = (name: string, ...values: number[]) =>
  ({ name, datatype: 'FP32', shape: [1, values.length], data: Float32Array.from(values) }) as const;

describe('weights outside the file', () => {
  it.each([
    ['a Constant node', 'constant', ['constant.data']],
    ['a graph in a node', 'subgraph', ['subgraph.data']],
    ['a function', 'function', ['constant.data']],
    ['a model with a ZipMap', 'outside', ['outside.data']],
    ['no node', 'shapeless', []],
  ])('are listed for %s', (_, name, files) => {
    expect(externalData(join(folder, `${name}.onnx`))).toEqual(files);
  });
});

describe('a classifier that ends in a ZipMap', () => {
  const probability = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 3], labels: ['0', '1', '2'] });

  it.each([
    ['gives its scores too', 'scores', [probability('a'), { name: 'p', datatype: 'FP32', shape: [-1, 3] }]],
    ['has two of them', 'twice', [probability('a'), probability('b')]],
    ['imports no standard operators', 'alone', [probability('a')]],
    ['has weights outside its file', 'outside', [probability('a')]],
  ])('runs if it %s', async (_, name, outputs) => {
    const loaded = await load(name);
    const signature = loaded.signatures.serving_default!;
    expect(signature.outputs).toEqual([{ name: 'label', datatype: 'INT64', shape: [-1] }, ...outputs]);
    const input = name === 'outside' ? row('wide', 1, 2, 0, 0) : row('x', 1, 2);
    for (const isOffloaded of [false, true]) {
      if (isOffloaded) await loaded.offload!(1);
      const [label, ...scores] = await loaded.run([input]);
      expect([...(label!.data as BigInt64Array)]).toEqual([1n]);
      for (const { shape, data } of scores) {
        expect(shape).toEqual([1, 3]);
        // The softmax of -1, 0.5 and 0.
        const expected = [-1, 0.5, 0].map(Math.exp);
        const sum = expected.reduce((one, other) => one + other);
        for (const [place, each] of expected.entries()) expect(data[place]).toBeCloseTo(each / sum, 5);
      }
    }
  });
});

describe('a tensor without a shape', () => {
  it('takes and gives tensors of any rank', async () => {
    const loaded = await load('shapeless');
    const spec = { datatype: 'FP32', shape: [], unknownRank: true };
    const signature = loaded.signatures.serving_default!;
    expect(signature).toEqual({ inputs: [{ name: 'x', ...spec }], outputs: [{ name: 'y', ...spec }] });
    expect(isBatchable(signature)).toBe(false);
    for (const shape of [[], [2], [1, 2], [1, 2, 1]]) {
      const data = Float32Array.from([-1, 2]).slice(0, shape.length === 0 ? 1 : 2);
      const [y] = await loaded.run([{ name: 'x', datatype: 'FP32', shape, data }]);
      expect(y).toMatchObject({ shape, data: data.map(Math.abs) });
    }
  });

  it('is not confused with a scalar', async () => {
    const { inputs } = (await load('scalar')).signatures.serving_default!;
    expect(inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [] }]);
  });

  it('may be an output alone, whose shape ONNX Runtime knows', async () => {
    const { outputs } = (await load('shapeless_output')).signatures.serving_default!;
    expect(outputs).toEqual([{ name: 'y', datatype: 'INT64', shape: [2, -1] }]);
  });
});
