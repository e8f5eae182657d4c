import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import { firstDimensionsDiffer } from '../../../../runtime/src/engines/onnx/dimensions.js';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');

let model: LoadedModel | undefined;
afterEach(async () => {
  await model?.close();
  model = undefined;
});

async function load(path: string): Promise<LoadedModel> {
  model = await engineFor('onnx').load({ path, format: 'onnx' }, { threads: 1 });
  return model;
}

const features = { name: 'features', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(5, 0, 0, 5) } as const;

it('tells ONNX Runtime to report nothing, before a model is loaded', () => {
  const script = `
    const { engineFor } = require('./runtime/src/engines/index.ts');
    engineFor('onnx').load({ path: process.argv[1], format: 'onnx' }, { threads: 1 }).then((model) => model.close());`;
  const model = join(FIXTURES, 'zip_map.onnx');
  const cwd = join(import.meta.dirname, '../../../..');
  // Where there can be no home, the reporter complains that it cannot keep its identifier of the device.
  const env = { PATH: process.env.PATH, HOME: '/dev/null' };
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script, model], {
    cwd,
    env,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

describe('a classifier that ends in a ZipMap', () => {
  it('gives its probabilities as a tensor, with the names of the classes', async () => {
    const { signatures } = await load(join(FIXTURES, 'zip_map.onnx'));
    expect(signatures.serving_default!.outputs).toEqual([
      { name: 'label', datatype: 'BYTES', shape: [-1] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 3], labels: ['red', 'green', 'blue'] },
    ]);
  });

  it.each([
    ['this thread', false],
    ['a thread of its own', true],
  ])('answers in %s', async (_, isOffloaded) => {
    const loaded = await load(join(FIXTURES, 'zip_map.onnx'));
    if (isOffloaded) await loaded.offload!(1);
    const [label, probabilities] = await loaded.run([features]);
    expect((label!.data as Buffer[]).map(String)).toEqual(['red', 'green']);
    expect(probabilities!.shape).toEqual([2, 3]);
    const rows = probabilities!.data as Float32Array;
    expect(rows[0]! + rows[1]! + rows[2]!).toBeCloseTo(1, 5);
    expect(rows[0]).toBeGreaterThan(0.9);
  });
});

describe('the names of first dimensions', () => {
  it.each([
    ['detections.onnx', true],
    ['unnamed_detections.onnx', false],
    ['shares.onnx', false],
  ])('of %s tell that the outputs have a different number of rows than the inputs: %s', async (file, expected) => {
    expect((await load(join(FIXTURES, file))).givesOtherRows).toBe(expected);
  });

  const value = (...shape: (string | number)[]) => ({ name: 'x', isTensor: true, type: 'float32', shape }) as const;

  it.each([
    ['batch', 'batch', false],
    ['s77', 'u0', true],
    ['batch', '', false],
    ['x_dynamic_axes_1', 'y_dynamic_axes_1', false],
    ['unk__6', 'unk__7', false],
    ['batch', 'GatherNDy_dim_0', true],
  ])('are %s and %s: others are %s', (input, output, expected) => {
    expect(firstDimensionsDiffer([value(input, 4)], [value(output, 3), value(1)])).toBe(expected);
  });
});

describe.each([
  ['this thread', false],
  ['a thread of its own', true],
])('texts for a model in %s', (_, isOffloaded) => {
  const texts = (...data: Buffer[]) => [{ name: 'texts', datatype: 'BYTES', shape: [data.length], data } as const];
  const loadEcho = async () => {
    const loaded = await load(join(FIXTURES, 'echo_text.onnx'));
    if (isOffloaded) await loaded.offload!(1);
    return loaded;
  };

  it('arrive as they are', async () => {
    const sent = ['', 'é', '\uFEFFmarked', '\u{1F600}', 'a\nb'].map((text) => Buffer.from(text));
    const [same] = await (await loadEcho()).run(texts(...sent));
    expect(same!.data).toEqual(sent);
  });

  it.each([
    ['a NUL', Buffer.from('cut\0off'), 'input texts contains a NUL character, which ONNX string tensors do not allow'],
    [
      'Latin-1',
      Buffer.from([0xe9]),
      'input texts contains bytes that are not valid UTF-8, which ONNX string tensors require',
    ],
    ['half a character', Buffer.from('é').subarray(0, 1), 'not valid UTF-8'],
    ['half a surrogate pair', Buffer.from([0xed, 0xa0, 0xbd]), 'not valid UTF-8'],
  ])('are refused with %s, for it would become another', async (_, bytes, message) => {
    await expect((await loadEcho()).run(texts(Buffer.from('good'), bytes))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });
});

describe('a model in a thread of its own', () => {
  it('answers runs in their order', async () => {
    const loaded = await load(join(FIXTURES, 'slow.onnx'));
    await loaded.offload!(1);
    const rounds = (count: number) => [
      { name: 'rounds', datatype: 'INT64', shape: [1], data: BigInt64Array.of(BigInt(count)) } as const,
    ];
    const ended: number[] = [];
    const runs = [20, 1].map((count) => loaded.run(rounds(count)).then(() => ended.push(count)));
    await Promise.all(runs);
    expect(ended).toEqual([20, 1]);
  });

  it('gives each of several runs at once its own numbers, and leaves the inputs as they were', async () => {
    const loaded = await load(join(FIXTURES, 'zip_map.onnx'));
    const alone = await loaded.run([features]);
    await loaded.offload!(1);
    const row = (at: number) => ({ ...features, shape: [1, 2], data: features.data.slice(2 * at, 2 * at + 2) });
    const [both, first, second] = await Promise.all([[features], [row(0)], [row(1)]].map((each) => loaded.run(each)));
    expect(both).toEqual(alone);
    const halves = [first!, second!].map((outputs) => [...(outputs[1]!.data as Float32Array)]);
    expect(halves.flat()).toEqual([...(alone[1]!.data as Float32Array)]);
    expect(await loaded.run([features])).toEqual(alone);
  });

  it('moves on to a thread with another number of threads', async () => {
    const loaded = await load(join(FIXTURES, 'zip_map.onnx'));
    await loaded.offload!(2);
    await loaded.offload!(1);
    expect(await loaded.run([features])).toHaveLength(2);
  });

  it('tells what the model refuses, and goes on', async () => {
    const loaded = await load(join(FIXTURES, 'zip_map.onnx'));
    await loaded.offload!(1);
    const wide = { ...features, shape: [1, 4] };
    await expect(loaded.run([wide])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await loaded.run([features])).toHaveLength(2);
  });
});

describe('a file that is no model', () => {
  it.each([
    ['cut off', readFileSync(join(FIXTURES, 'slow.onnx')).subarray(0, 100)],
    ['cut off within a ZipMap', readFileSync(join(FIXTURES, 'zip_map.onnx')).subarray(0, 300)],
    ['of something else', Buffer.from('PK\x03\x04 ZipMap')],
  ])('is refused if it is %s', async (_, bytes) => {
    const path = join(mkdtempSync(join(tmpdir(), 'modelship-onnx-')), 'model.onnx');
    writeFileSync(path, bytes);
    await expect(engineFor('onnx').load({ path, format: 'onnx' }, {})).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
    });
  });
});
