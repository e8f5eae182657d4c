import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import { detectFormat } from '../../../../runtime/src/manifest/index.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';
import { python, saveModels } from './saved.js';

let folder: string;
let expected: Readonly<Record<string, number[] | number[][]>> & { readonly rows: (number | null)[][] };
beforeAll(() => {
  ({ folder, expected } = saveModels<typeof expected>('save_lightgbm.py'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let model: LoadedModel | undefined;
afterEach(async () => {
  await model?.close();
  model = undefined;
});

async function load(name: string): Promise<LoadedModel> {
  model = await engineFor('lightgbm').load({ path: join(folder, name), format: 'lightgbm' }, { python, threads: 1 });
  return model;
}

function features(rows: readonly (readonly (number | null)[])[]): Tensor {
  // What JSON has no number for is missing.
  const data = Float64Array.from(rows.flat(), (value) => value ?? Number.NaN);
  return { name: 'features', datatype: 'FP64', shape: [rows.length, rows[0]!.length], data };
}

const doubles = (name: string, ...data: number[]): Tensor => ({
  name,
  datatype: 'FP64',
  shape: [data.length],
  data: Float64Array.from(data),
});

const text = (name: string, ...data: string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [data.length],
  data: data.map((each) => Buffer.from(each)),
});

describe('a text model of LightGBM', () => {
  it.each([
    ['regression', 'prediction', [-1]],
    ['binary', 'probability', [-1]],
    ['multiclass', 'probabilities', [-1, 3]],
    ['ranker', 'prediction', [-1]],
  ])('answers as in Python, with a missing value, without trust: %s', async (name, output, shape) => {
    const { signatures, requirements } = await load(`${name}.txt`);
    expect(signatures.serving_default!.outputs).toEqual([{ name: output, datatype: 'FP64', shape }]);
    expect(requirements).toEqual([expect.stringMatching(/^lightgbm==/), expect.stringMatching(/^numpy==/)]);
    const [answer] = await model!.run([features(expected.rows)]);
    expect([...(answer!.data as Float64Array)]).toEqual(expected[name]!.flat());
  });

  it('names its columns, if they have names', async () => {
    expect((await load('binary.txt')).signatures.serving_default!.inputs).toEqual([
      {
        name: 'features',
        datatype: 'FP64',
        shape: [-1, 4],
        labels: ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'],
      },
    ]);
  });

  it('takes categories by their codes, one that it never saw too', async () => {
    expect((await load('codes.txt')).signatures.serving_default!.inputs).toEqual([
      { name: 'features', datatype: 'FP64', shape: [-1, 4] },
    ]);
    const [answer] = await model!.run([features(expected.codes_rows as number[][])]);
    expect([...(answer!.data as Float64Array)]).toEqual(expected.codes);
  });

  it('takes the columns of a data frame by name, categories as they were called', async () => {
    expect((await load('frame.txt')).signatures.serving_default!.inputs).toEqual([
      { name: 'area', datatype: 'FP64', shape: [-1] },
      { name: 'city', datatype: 'BYTES', shape: [-1], categories: ['Bern', 'Oslo', 'Åre'] },
      { name: 'floor', datatype: 'FP64', shape: [-1] },
      { name: 'age', datatype: 'FP64', shape: [-1] },
    ]);
    const [answer] = await model!.run([
      doubles('area', 0.5, 0.5, Number.NaN, 0.5),
      text('city', 'Oslo', 'Åre', 'Oslo', 'Rome'),
      doubles('floor', 1, 2, 1, Number.NaN),
      doubles('age', 0, 0, 0, 0),
    ]);
    expect([...(answer!.data as Float64Array)]).toEqual(expected.frame);
  });

  it('takes the only column of a data frame', async () => {
    await load('one_column.txt');
    const [answer] = await model!.run([text('city', 'Oslo', 'Åre', 'Oslo', 'Rome')]);
    expect([...(answer!.data as Float64Array)]).toEqual(expected.one_column);
  });

  it('refuses text that is not of UTF-8, and goes on', async () => {
    await load('one_column.txt');
    const data = [Buffer.from([0xff])];
    await expect(model!.run([{ name: 'city', datatype: 'BYTES', shape: [1], data }])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(await model!.run([text('city', 'Oslo')])).toHaveLength(1);
  });

  it('is not served if its text does not say which columns are categories of pandas', async () => {
    await expect(load('mixed.txt')).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(/2 of its columns are categorical, and 1 of these .*astype/),
    });
  });
});

describe('the text of a model', () => {
  it('is told from its bytes', () => {
    for (const name of ['regression', 'multiclass', 'frame']) {
      expect(detectFormat(join(folder, `${name}.txt`))).toBe('lightgbm');
    }
  });

  it('is told without the categories that only Python writes', () => {
    const path = join(folder, 'from_r.txt');
    const whole = readFileSync(join(folder, 'regression.txt'), 'utf8');
    writeFileSync(path, whole.replace(/\npandas_categorical:.*\n/, ''));
    expect(detectFormat(path)).toBe('lightgbm');
  });

  it.each<[string, (whole: string) => string]>([
    ['cut in its header', (whole) => whole.slice(0, 400)],
    ['cut in its trees', (whole) => whole.slice(0, whole.length / 2)],
    ['cut behind its trees', (whole) => whole.slice(0, whole.indexOf('end of trees') + 20)],
    ['cut in its categories', (whole) => whole.slice(0, whole.lastIndexOf('Oslo'))],
    ['without a tree', (whole) => whole.replace(/Tree=3\n[\s\S]*?\n\n\n/, '')],
    ['with the line ends of another system', (whole) => whole.replaceAll('\n', '\r\n')],
  ])('is refused: %s', (_, damage) => {
    const path = join(folder, 'damaged.txt');
    writeFileSync(path, damage(readFileSync(join(folder, 'frame.txt'), 'utf8')));
    expect(() => detectFormat(path)).toThrow(
      expect.objectContaining({
        code: 'ARTIFACT_INVALID',
        message: expect.stringMatching(/LightGBM.*was cut off or changed.*Copy or save it again/),
      }),
    );
  });
});
