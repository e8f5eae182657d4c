import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import type { Tensor, TensorSpec } from '../../../../runtime/src/tensor/tensor.js';
import { python, saveModels } from './saved.js';

let folder: string;
let expected: { readonly rows: number[][]; readonly score: number[] };
beforeAll(() => {
  ({ folder, expected } = saveModels<typeof expected>('save_models.py'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function load(name: string, onLine?: (line: string) => void): Promise<LoadedModel> {
  return engineFor('saved_model').load(
    { path: join(folder, name), format: 'saved_model' },
    { python, threads: 1, onLine },
  );
}

/** Returns the signatures without what only the graph knows. */
function declared({ signatures }: LoadedModel): object {
  const plain = (specs: readonly TensorSpec[]) => specs.map(({ graph: _, ...spec }) => spec);
  return Object.fromEntries(
    Object.entries(signatures).map(([name, { inputs, outputs }]) => [
      name,
      { inputs: plain(inputs), outputs: plain(outputs) },
    ]),
  );
}

describe('a SavedModel of TF2', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await load('tf2');
  });
  afterAll(() => model.close());

  it('has all its signatures', () => {
    expect(declared(model)).toEqual({
      serving_default: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
        outputs: [
          { name: 'row', datatype: 'INT32', shape: [-1] },
          { name: 'score', datatype: 'FP32', shape: [-1, 1] },
        ],
      },
      shout: {
        inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
        outputs: [{ name: 'loud', datatype: 'BYTES', shape: [-1] }],
      },
      halves: {
        inputs: [
          { name: 'brain', datatype: 'BF16', shape: [-1] },
          { name: 'half', datatype: 'FP16', shape: [-1] },
        ],
        outputs: [
          { name: 'brain', datatype: 'BF16', shape: [-1] },
          { name: 'half', datatype: 'FP16', shape: [-1] },
        ],
      },
      pick: {
        inputs: [{ name: 'index', datatype: 'INT32', shape: [-1] }],
        outputs: [{ name: 'weight', datatype: 'FP32', shape: [-1, 1] }],
      },
    });
  });

  it('answers as in TensorFlow', async () => {
    const data = Float32Array.from(expected.rows.flat());
    const [row, score] = await model.run([{ name: 'x', datatype: 'FP32', shape: [2, 2], data }]);
    expect([...(row!.data as Int32Array)]).toEqual([0, 1]);
    expect(score!.shape).toEqual([2, 1]);
    expect([...(score!.data as Float32Array)]).toEqual(expected.score);
  });

  it('takes and gives text by another signature', async () => {
    const data = [Buffer.from('ship'), Buffer.from('')];
    const [loud] = await model.run([{ name: 'text', datatype: 'BYTES', shape: [2], data }], 'shout');
    expect((loud!.data as Buffer[]).map(String)).toEqual(['SHIP', '']);
  });

  it('keeps the bits of numbers of 16', async () => {
    // -3 and infinity.
    const inputs = [
      { name: 'brain', datatype: 'BF16', shape: [2], data: Uint16Array.of(0xc040, 0x7f80) },
      { name: 'half', datatype: 'FP16', shape: [2], data: Uint16Array.of(0xc200, 0x7c00) },
    ] as const;
    const [brain, half] = await model.run(inputs, 'halves');
    expect([...(brain!.data as Uint16Array)]).toEqual([0xbf80, 0x7f80]);
    expect([...(half!.data as Uint16Array)]).toEqual([0xbc00, 0x7c00]);
  });

  it('rejects a wrong width in the words of other formats', async () => {
    const wide: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 3], data: Float32Array.of(1, 2, 3) };
    await expect(model.run([wide])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'input x: got shape [1,3], the model takes [-1,2] where -1 is any size',
    });
  });

  it('tells what the graph refuses, and goes on', async () => {
    const pick = (index: number) =>
      model.run([{ name: 'index', datatype: 'INT32', shape: [1], data: Int32Array.of(index) }], 'pick');
    await expect(pick(5)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^the model rejected the input with ValueError; .* error [0-9a-f]{16}$/),
    });
    const [weight] = await pick(1);
    expect([...(weight!.data as Float32Array)]).toEqual([Math.fround(0.7)]);
  });
});

it('serves a graph of TF1', async () => {
  const model = await load('tf1');
  const [y] = await model.run([{ name: 'x', datatype: 'FP32', shape: [2, 1], data: Float32Array.of(1, 3) }]);
  expect([...(y!.data as Float32Array)]).toEqual([2.5, 3.5]);
  await model.close();
});

describe('a SavedModel that the builder of TF1 wrote', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await load('tf1_builder');
  });
  afterAll(() => model.close());

  it('has its signatures of every method', () => {
    expect(declared(model)).toEqual({
      serving_default: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
        outputs: [{ name: 'score', datatype: 'FP32', shape: [-1, 1] }],
      },
      look_up: {
        inputs: [{ name: 'name', datatype: 'BYTES', shape: [-1] }],
        outputs: [{ name: 'number', datatype: 'INT64', shape: [-1] }],
      },
      classify: {
        inputs: [{ name: 'inputs', datatype: 'BYTES', shape: [-1] }],
        outputs: [
          { name: 'classes', datatype: 'BYTES', shape: [-1, 2] },
          { name: 'scores', datatype: 'FP32', shape: [-1, 2] },
        ],
      },
      regress: {
        inputs: [{ name: 'inputs', datatype: 'BYTES', shape: [-1] }],
        outputs: [{ name: 'outputs', datatype: 'FP32', shape: [-1] }],
      },
    });
  });

  it('has the methods of its signatures, and the tensors of its graph', () => {
    const { classify, regress, look_up: lookUp } = model.signatures;
    expect([classify, regress, lookUp].map((signature) => signature!.methodName)).toEqual(
      ['classify', 'regress', 'predict'].map((method) => `tensorflow/serving/${method}`),
    );
    expect(classify!.inputs[0]!.graph).toEqual({ name: expect.stringMatching(/^Placeholder.*:0$/), unknownRank: true });
    expect(lookUp!.inputs[0]!.graph).toEqual({ name: 'Placeholder:0' });
  });

  it('has a table that its asset filled', async () => {
    const data = ['tulip', 'rose', 'oak'].map((name) => Buffer.from(name));
    const [number] = await model.run([{ name: 'name', datatype: 'BYTES', shape: [3], data }], 'look_up');
    expect([...(number!.data as BigInt64Array)]).toEqual([1n, 0n, -1n]);
  });

  it('classifies and regresses serialized examples', async () => {
    const data = [readFileSync(join(folder, 'example.bin'))];
    const inputs = [{ name: 'inputs', datatype: 'BYTES', shape: [1], data }] as const;
    const [outputs] = await model.run(inputs, 'regress');
    expect([...(outputs!.data as Float32Array)]).toEqual([5.25]);
    const [classes, scores] = await model.run(inputs, 'classify');
    expect((classes!.data as Buffer[]).map(String)).toEqual(['no', 'yes']);
    expect((scores!.data as Float32Array)[1]).toBeCloseTo(1 / (1 + Math.exp(-5.25)), 6);
  });
});

it('serves text of unknown rank as a vector and numbers in any shape, and leaves out what is sparse', async () => {
  const lines: string[] = [];
  const model = await load('no_rank', (line) => lines.push(line));
  expect(declared(model)).toEqual({
    serving_default: {
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
      outputs: [{ name: 'length', datatype: 'INT32', shape: [-1] }],
    },
    odd: {
      inputs: [{ name: 'number', datatype: 'FP32', shape: [], unknownRank: true }],
      outputs: [{ name: 'double', datatype: 'FP32', shape: [], unknownRank: true }],
    },
  });
  const number = { name: 'number', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
  expect(await model.run([number], 'odd')).toEqual([{ ...number, name: 'double', data: Float32Array.of(2, 4) }]);
  const data = [Buffer.from('ship'), Buffer.from('')];
  const [length] = await model.run([{ name: 'text', datatype: 'BYTES', shape: [2], data }]);
  expect([...(length!.data as Int32Array)]).toEqual([4, 0]);
  await model.close();
  expect(lines.join('\n')).toMatch(/the signature sparse is not served: table is not a dense tensor/);
});

it('serves the only signature by its name and as the default', async () => {
  const model = await load('one_name');
  const text: Tensor = { name: 'text', datatype: 'BYTES', shape: [1], data: [Buffer.from('ship')] };
  for (const name of ['shout', undefined]) {
    const [loud] = await model.run([text], name);
    expect((loud!.data as Buffer[]).map(String)).toEqual(['SHIP']);
  }
  await model.close();
});

it.each([
  ['without a default signature', 'no_default', /no signature serving_default, only (shout, pick|pick, shout)/],
  ['that is missing', 'nowhere', /nowhere cannot be loaded/],
])('does not load one %s', async (_, name, message) => {
  await expect(load(name)).rejects.toMatchObject({ code: 'ARTIFACT_INVALID', message: expect.stringMatching(message) });
});
