import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import type { ModelFormat } from '../../../../runtime/src/manifest/index.js';
import type { Signature, Tensor, TensorSpec } from '../../../../runtime/src/tensor/tensor.js';
import { refusals } from './refusals.js';
import { python, saveModels } from './saved.js';

let folder: string;
let expected: { readonly rows: number[][]; readonly scores: number[][] };
beforeAll(() => {
  ({ folder, expected } = saveModels<typeof expected>('save_torch.py'));
  // As a person would give it; the worker runs elsewhere.
  vi.stubEnv('PYTHONPATH', relative(process.cwd(), import.meta.dirname));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

let model: LoadedModel | undefined;
afterEach(async () => {
  await model?.close();
  model = undefined;
});

async function load(file: string, format: ModelFormat, declared?: Partial<Signature>): Promise<LoadedModel> {
  const artifact = { path: join(folder, file), format, declared };
  model = await engineFor(format).load(artifact, { python, threads: 1, trustPickle: true });
  return model;
}

const FEATURES: TensorSpec = { name: 'features', datatype: 'FP32', shape: [-1, 4] };
const SCORES: TensorSpec = { name: 'output', datatype: 'FP32', shape: [-1, 3] };

const floats = (name: string, shape: number[], ...data: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(data),
});

const longs = (name: string, shape: number[], ...data: number[]): Tensor => ({
  name,
  datatype: 'INT64',
  shape,
  data: BigInt64Array.from(data.map(BigInt)),
});

describe.each<[string, string, ModelFormat, Partial<Signature> | undefined]>([
  ['a scripted module', 'scripted.pt', 'torchscript', { inputs: [FEATURES] }],
  ['a traced module, by the input it was traced with', 'traced.pt', 'torchscript', undefined],
  ['a traced module, by what is declared', 'traced.pt', 'torchscript', { inputs: [{ ...FEATURES, name: 'INPUT__0' }] }],
  ['an exported program', 'classifier.pt2', 'exported_program', undefined],
  ['a whole module', 'whole.pt', 'torch_pickle', { inputs: [FEATURES] }],
  ['a whole module, saved before there were archives', 'whole_legacy.pt', 'torch_pickle', { inputs: [FEATURES] }],
])('%s', (_, file, format, declared) => {
  it('has a signature with an open batch, and answers as in PyTorch', async () => {
    const { signatures, requirements } = await load(file, format, declared);
    expect(signatures).toEqual({
      serving_default: { inputs: declared?.inputs ?? [FEATURES], outputs: [SCORES] },
    });
    expect(requirements).toEqual(expect.arrayContaining([expect.stringMatching(/^torch==[\d.]+$/)]));
    for (const count of [1, 3]) {
      const rows = expected.rows.slice(0, count);
      const [output] = await model!.run([floats('features', [count, 4], ...rows.flat())]);
      expect(output).toMatchObject({ name: 'output', datatype: 'FP32', shape: [count, 3] });
      const wanted = expected.scores.slice(0, count).flat();
      expect([...(output!.data as Float32Array)]).toEqual(wanted.map((score) => expect.closeTo(score, 6)));
    }
  });
});

it('takes the whole signature as its package has it, without a run', async () => {
  const outputs: TensorSpec[] = [{ ...SCORES, labels: ['a', 'b', 'c'] }];
  const { signatures, requirements } = await load('scripted.pt', 'torchscript', { inputs: [FEATURES], outputs });
  expect(signatures.serving_default).toEqual({ inputs: [FEATURES], outputs });
  expect(requirements).toBeUndefined();
});

describe('an exported program', () => {
  it('has its inputs and outputs by name, those of a dictionary too', async () => {
    const { signatures } = await load('pair.pt2', 'exported_program');
    expect(signatures.serving_default).toEqual({
      inputs: [
        { name: 'ids', datatype: 'INT64', shape: [-1, 2] },
        { name: 'weights', datatype: 'FP32', shape: [-1] },
      ],
      outputs: [
        { name: 'total', datatype: 'INT64', shape: [-1] },
        { name: 'weighted', datatype: 'FP32', shape: [-1, 2] },
      ],
    });
    const [total, weighted] = await model!.run([longs('ids', [2, 2], 1, 2, 3, 4), floats('weights', [2], 0.5, 2)]);
    expect(total!.data).toEqual(BigInt64Array.of(6n, 14n));
    expect(weighted!.data).toEqual(Float32Array.of(0.5, 1, 6, 8));
  });

  it('refuses a size beyond what it was exported for, and goes on', async () => {
    await load('pair.pt2', 'exported_program');
    const run = (rows: number) =>
      model!.run([
        longs('ids', [rows, 2], ...Array(2 * rows).fill(1)),
        floats('weights', [rows], ...Array(rows).fill(1)),
      ]);
    await expect(run(9)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await run(8))[0]!.shape).toEqual([8]);
  });

  it('keeps a batch that was exported with one size', async () => {
    const { signatures } = await load('fixed.pt2', 'exported_program');
    expect(signatures.serving_default!.inputs[0]!.shape).toEqual([3, 4]);
  });
});

describe('a program of TorchScript', () => {
  it('gives a dictionary by its keys, with the dimensions open that follow the inputs', async () => {
    const inputs: TensorSpec[] = ['right', 'left'].map((name) => ({ name, datatype: 'INT32', shape: [-1, -1] }));
    const { signatures } = await load('branches.pt', 'torchscript', { inputs });
    expect(signatures.serving_default).toEqual({
      inputs,
      outputs: [
        { name: 'sum', datatype: 'INT32', shape: [-1, -1] },
        { name: 'length', datatype: 'INT64', shape: [] },
      ],
    });
    // By name: `left` comes second here, and first in the program.
    const tensor = (name: string, ...data: number[]): Tensor => ({
      name,
      datatype: 'INT32',
      shape: [1, data.length],
      data: Int32Array.from(data),
    });
    const [sum, length] = await model!.run([tensor('right', 1), tensor('left', 10, 20)]);
    expect([...(sum!.data as Int32Array)]).toEqual([11, 21]);
    expect(length!.data).toEqual(BigInt64Array.of(2n));
  });

  it('gives a tuple by place, and refuses what its operators do', async () => {
    await load('embedder.pt', 'torchscript');
    expect(model!.signatures.serving_default!.outputs.map(({ name }) => name)).toEqual(['output_0', 'output_1']);
    await expect(model!.run([longs('index', [1], 7)])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^the model rejected the input with ValueError; .* error [0-9a-f]{16}$/),
    });
    const [row, twice] = await model!.run([longs('index', [2], 2, 0)]);
    expect(row!.data).toEqual(Float32Array.of(4, 5, 0, 1));
    expect(twice!.data).toEqual(BigInt64Array.of(4n, 0n));
  });

  it('keeps the batch with which it was traced, if no other runs', async () => {
    const { signatures } = await load('one_row.pt', 'torchscript');
    expect(signatures.serving_default!.inputs[0]!.shape).toEqual([1, 2]);
    expect(signatures.serving_default!.outputs[0]!.shape).toEqual([1, 2]);
  });
});

describe('a module that gives tensors within others', () => {
  const inputs: TensorSpec[] = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }];

  it('names them by their place in each, and makes sparse ones dense', async () => {
    const loaded = await load('nested.pt', 'torch_pickle', { inputs });
    const names = ['scores_0', 'scores_1', 'boxes_least', 'boxes_most', 'chosen'];
    expect(loaded.signatures.serving_default!.outputs.map(({ name }) => name)).toEqual(names);
    const answer = await loaded.run([floats('x', [1, 2], 0, 5)]);
    expect(answer.map(({ data }) => [...(data as Float32Array)])).toEqual([[0, 10], [0, 15], [0], [5], [0, 5]]);
  });

  it('is not served if two have one name', async () => {
    await expect(load('clash.pt', 'torch_pickle', { inputs })).rejects.toThrow('two tensors that would be named `a_b`');
  });
});

it.each<[string, ModelFormat, string, number[], number[]]>([
  ['bf16.pt2', 'exported_program', 'BF16', [0x3f80, 0xc040, 0x7f80], [0x3fab, 0x0000, 0x7f80]],
  ['fp16.pt', 'torchscript', 'FP16', [0x3c00, 0xc200, 0x7c00], [0x3d55, 0x0000, 0x7c00]],
])('numbers of 16 bits keep their bits: %s', async (file, format, datatype, bits, wanted) => {
  const { signatures } = await load(file, format);
  const { inputs, outputs } = signatures.serving_default!;
  expect([inputs[0], outputs[0]]).toMatchObject([{ datatype }, { datatype }]);
  const data = Uint16Array.from(bits);
  const [output] = await model!.run([{ name: 'x', datatype: inputs[0]!.datatype, shape: [1, 3], data }]);
  expect([...(output!.data as Uint16Array)]).toEqual(wanted);
});

describe('what cannot be served is told of', () => {
  it.each<[string, ModelFormat]>([
    ['classifier.pt2', 'exported_program'],
    ['whole.pt', 'torch_pickle'],
  ])('without trust, before any process is started: %s', async (file, format) => {
    const artifact = { path: join(folder, file), format };
    await expect(engineFor(format).load(artifact, { python: 'no-such-python' })).rejects.toMatchObject({
      code: 'FORMAT_UNTRUSTED',
      message: expect.stringMatching(/MODELSHIP_TRUST_PICKLE/),
    });
  });

  const REFUSED: readonly (readonly [string, string, ModelFormat, Partial<Signature> | undefined, RegExp])[] = [
    ['inputs of unknown type', 'scripted.pt', 'torchscript', undefined, /takes features, and does not record.*--input/],
    ['inputs of unknown type', 'whole.pt', 'torch_pickle', undefined, /takes features, and does not record.*--input/],
    [
      'another shape than declared',
      'scripted.pt',
      'torchscript',
      { inputs: [{ ...FEATURES, shape: [-1, 5] }] },
      /does not run with zeros of the shapes features \[2, 5\]: .*--input/,
    ],
    [
      'more inputs than it takes',
      'whole.pt',
      'torch_pickle',
      { inputs: [FEATURES, { ...FEATURES, name: 'mask' }] },
      /zeros of the shapes features \[2, 4\], mask \[2, 4\]/,
    ],
    [
      'text',
      'scripted.pt',
      'torchscript',
      { inputs: [{ ...FEATURES, datatype: 'BYTES' }] },
      /PyTorch has no tensors of BYTES, the declared datatype of `features`/,
    ],
    ['weights alone', 'weights.pt', 'torch_pickle', undefined, /weights without the module.*torch\.export\.save/],
    ['a list', 'list.pt', 'torch_pickle', undefined, /contains a list; a torch\.nn\.Module/],
    ['code in a pickle, not run', 'code_in_data.pt', 'torchscript', undefined, /Unknown type name 'posix\.system'/],
    ['code in a pickle, not run', 'code_in_inputs.pt', 'torchscript', undefined, /Unknown type name 'posix\.system'/],
  ];
  let told: (string | null)[];
  beforeAll(() => {
    told = refusals(REFUSED.map(([, file, module, declared]) => ({ module, path: join(folder, file), declared })));
  });

  it.each(REFUSED.map(([what, file, , , message], index) => [what, file, message, index] as const))(
    '%s: %s',
    (_, __, message, index) => {
      expect(told[index]).toMatch(message);
      expect(existsSync(join(folder, 'code_ran'))).toBe(false);
    },
  );

  it('a class that cannot be imported, with the way to install it', async () => {
    vi.stubEnv('PYTHONPATH', '');
    await expect(load('whole.pt', 'torch_pickle', { inputs: [FEATURES] })).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(
        /No module named 'torch_modules'\. Install it by .*, or pack the folder that has it with the model, `--code FOLDER`/,
      ),
    });
    vi.stubEnv('PYTHONPATH', relative(process.cwd(), import.meta.dirname));
  });

  it('a file that was cut in the middle', async () => {
    const bytes = readFileSync(join(folder, 'classifier.pt2'));
    writeFileSync(join(folder, 'cut.pt2'), bytes.subarray(0, bytes.length / 2));
    await expect(load('cut.pt2', 'exported_program')).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(
        /cut\.pt2 is damaged.*a ZIP archive without a directory\. Copy it or save it again/,
      ),
    });
  });
});
