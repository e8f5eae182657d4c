import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import { MISSING_TEXT } from '../../../../runtime/src/tensor/missing.js';
import type { Signature, Tensor, TensorSpec } from '../../../../runtime/src/tensor/tensor.js';
import { refusals } from './refusals.js';
import { python, saveModels } from './saved.js';

let folder: string;
let expected: {
  readonly mixed: number[];
  readonly search: number[][];
  readonly hidden: number[];
  readonly texts: number[][];
  readonly rows: number[][];
  readonly targets: { readonly labels: string[]; readonly probabilities: number[][] };
  readonly several: number[];
  readonly named: number[];
  readonly missing: number[];
  readonly dropping: number[];
  readonly boosted: number[];
  readonly histogram: number[];
  readonly sparse: number[];
};
beforeAll(() => {
  ({ folder, expected } = saveModels<typeof expected>('save_pipelines.py'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let model: LoadedModel | undefined;
afterEach(async () => {
  await model?.close();
  model = undefined;
});

async function load(file: string, declared?: Partial<Signature>): Promise<LoadedModel> {
  const artifact = { path: join(folder, file), format: 'pickle', declared } as const;
  model = await engineFor('pickle').load(artifact, { python, threads: 1, trustPickle: true });
  return model;
}

const doubles = (name: string, shape: number[], ...data: number[]): Tensor => ({
  name,
  datatype: 'FP64',
  shape,
  data: Float64Array.from(data),
});

const text = (name: string, ...data: string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [data.length],
  data: data.map((each) => Buffer.from(each)),
});

const column = (name: string, datatype: TensorSpec['datatype']): TensorSpec => ({ name, datatype, shape: [-1] });
const CITY = { ...column('city', 'BYTES'), categories: ['Bern', 'Oslo', 'Åre'] };
const HOUSE = [column('area', 'FP64'), CITY, column('note', 'BYTES'), column('rooms', 'FP64')];
const HOUSES = [
  doubles('area', [2], 90, Number.NaN),
  text('city', 'Åre', 'Bern'),
  text('note', 'loud garden', ''),
  doubles('rooms', [2], 2, 4),
];

describe('missing values of tables', () => {
  const CITIES = { ...text('city', 'Åre', ''), data: [Buffer.from('Åre'), MISSING_TEXT] };

  it('reach the steps that fill them in', async () => {
    await load('mixed.joblib');
    const inputs = [
      doubles('area', [2], Number.NaN, 90),
      CITIES,
      text('note', 'quiet', ''),
      doubles('rooms', [2], 2, 4),
    ];
    const [prediction] = await model!.run(inputs);
    expect([...(prediction!.data as Float64Array)]).toEqual(expected.missing);
  });

  it.each(['boosted', 'histogram'] as const)('reach the categories of pandas in %s', async (name) => {
    const { inputs } = (await load(`${name}.joblib`)).signatures.serving_default!;
    expect(inputs).toEqual([column('area', 'FP64'), CITY]);
    const [prediction] = await model!.run([doubles('area', [2], 90, Number.NaN), CITIES]);
    expect([...(prediction!.data as Float64Array)]).toEqual(expected[name]);
  });

  it('may stand in the columns that a pipeline drops', async () => {
    const { inputs } = (await load('dropping.joblib')).signatures.serving_default!;
    expect(inputs.map(({ name, unused }) => [name, unused ?? false])).toEqual([
      ['area', false],
      ['city', false],
      ['note', true],
      ['rooms', true],
    ]);
    const nothing = doubles('note', [2], Number.NaN, Number.NaN);
    const [area, city] = [doubles('area', [2], 90, Number.NaN), HOUSES[1]!];
    await expect(model!.run([area, city, nothing, { ...nothing, name: 'rooms' }])).rejects.toThrow('rejected');
    const [prediction] = await model!.run([doubles('area', [2], 90, 90), city, nothing, { ...nothing, name: 'rooms' }]);
    expect([...(prediction!.data as Float64Array)]).toEqual(expected.dropping);
  });
});

it('predictions that are sparse are given as the numbers they are', async () => {
  const [label] = await (await load('sparse.joblib')).run([
    { ...doubles('features', [3, 2], ...expected.rows.flat()) },
  ]);
  expect([label!.datatype, label!.shape, [...(label!.data as BigInt64Array)].map(Number)]).toEqual([
    'INT64',
    [3, 2],
    expected.sparse,
  ]);
});

describe('a model that predicts a dictionary for each row', () => {
  it('gives an output for each key', async () => {
    const loaded = await load('dictionaries.pkl');
    const outputs = ['total', 'range_least', 'range_most'].map((name) => ({ name, datatype: 'FP64', shape: [-1] }));
    expect(loaded.signatures.serving_default!.outputs).toEqual(outputs);
    const answer = await loaded.run([doubles('features', [2, 2], 1, 2, 5, 3)]);
    expect(answer.map(({ data }) => [...(data as Float64Array)])).toEqual([
      [3, 8],
      [1, 3],
      [2, 5],
    ]);
  });

  it('is not served if the keys differ', async () => {
    await expect(load('keys.pkl')).rejects.toThrow('its dictionaries have different keys in each row');
  });
});

describe('a pipeline that was fitted with a data frame', () => {
  it('takes columns of numbers and of texts by name', async () => {
    expect((await load('mixed.joblib')).signatures.serving_default!.inputs).toEqual(HOUSE);
    const names = model!.requirements!.map((line) => line.split('==')[0]);
    expect(names).toEqual(expect.arrayContaining(['numpy', 'pandas', 'scikit-learn']));
    // Installed here, and imported by others if it is.
    expect(names).not.toContain('rich');
    const [prediction] = await model!.run(HOUSES);
    expect([...(prediction!.data as Float64Array)]).toEqual(expected.mixed);
  });

  it('takes them in a search for parameters too, and labels its scores', async () => {
    const { inputs, outputs } = (await load('search.joblib')).signatures.serving_default!;
    expect(inputs).toEqual(HOUSE);
    expect(outputs[1]).toEqual({
      name: 'probabilities',
      datatype: 'FP64',
      shape: [-1, 2],
      labels: ['cheap', 'dear'],
    });
    const [, probabilities] = await model!.run(HOUSES);
    expect([...(probabilities!.data as Float64Array)]).toEqual(expected.search.flat());
  });

  it('takes them of the types that are declared', async () => {
    const inputs = [...HOUSE.slice(0, 3), column('rooms', 'INT64')];
    expect((await load('mixed.joblib', { inputs })).signatures.serving_default!.inputs).toEqual(inputs);
    const rooms: Tensor = { name: 'rooms', datatype: 'INT64', shape: [2], data: BigInt64Array.of(2n, 4n) };
    const [prediction] = await model!.run([...HOUSES.slice(0, 3), rooms]);
    expect([...(prediction!.data as Float64Array)]).toEqual(expected.mixed);
  });

  it('refuses a category that it was not fitted with, and goes on', async () => {
    await load('mixed.joblib');
    const [area, , note, rooms] = HOUSES as [Tensor, Tensor, Tensor, Tensor];
    await expect(model!.run([area, text('city', 'Rome', 'Bern'), note, rooms])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(await model!.run(HOUSES)).toHaveLength(1);
  });

  it('takes rows, with the names of the columns as labels, if all are numbers', async () => {
    expect((await load('named.joblib')).signatures.serving_default!.inputs).toEqual([
      { name: 'features', datatype: 'FP64', shape: [-1, 2], labels: ['area', 'rooms'] },
    ]);
    const [prediction] = await model!.run([doubles('features', [3, 2], ...expected.rows.flat())]);
    expect([...(prediction!.data as Float64Array)]).toEqual(expected.named);
  });

  it.each(['UINT8', 'INT8', 'UINT64'] as const)('takes declared rows of %s', async (datatype) => {
    const rows: TensorSpec = { name: 'features', datatype, shape: [-1, 2], labels: ['area', 'rooms'] };
    expect((await load('named.joblib', { inputs: [rows] })).signatures.serving_default!.inputs).toEqual([rows]);
  });

  it('takes what is declared where its steps do not tell', async () => {
    await load('hidden.pkl', { inputs: [column('area', 'FP64'), column('city', 'BYTES')] });
    const [prediction] = await model!.run([doubles('area', [2], 90, 100), text('city', 'Åre', 'Bern')]);
    expect([...(prediction!.data as Float64Array)]).toEqual(expected.hidden);
  });
});

it('a classifier of texts takes a vector of them', async () => {
  expect((await load('texts.joblib')).signatures.serving_default).toEqual({
    inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
    outputs: [
      { name: 'label', datatype: 'BOOL', shape: [-1] },
      { name: 'probabilities', datatype: 'FP64', shape: [-1, 2], labels: ['False', 'True'] },
    ],
  });
  const [label, probabilities] = await model!.run([text('text', 'loud garden', 'quiet')]);
  expect([...(label!.data as Uint8Array)]).toEqual([0, 1]);
  expect([...(probabilities!.data as Float64Array)]).toEqual(expected.texts.flat());
});

it('an encoder of letters takes rows of them', async () => {
  const { inputs } = (await load('letters.joblib')).signatures.serving_default!;
  expect(inputs).toEqual([{ name: 'features', datatype: 'BYTES', shape: [-1, 2] }]);
  const [label] = await model!.run([{ ...text('features', 'b', 'a'), shape: [1, 2] }]);
  expect((label!.data as Buffer[]).map(String)).toEqual(['b']);
});

describe('several targets', () => {
  const labels = { name: 'label', datatype: 'BYTES', shape: [-1, 2] };
  const cities = { name: 'probabilities_0', datatype: 'FP64', shape: [-1, 3], labels: ['Bern', 'Oslo', 'Åre'] };
  const sizes = { name: 'probabilities_1', datatype: 'FP64', shape: [-1, 2], labels: ['big', 'small'] };
  const rows = () => doubles('features', [3, 2], ...expected.rows.flat());

  it.each(['targets.joblib', 'multi_output.joblib'])('are classified with the scores of each: %s', async (file) => {
    expect((await load(file)).signatures.serving_default!.outputs).toEqual([labels, cities, sizes]);
    const [label, ...scores] = await model!.run([rows()]);
    expect(label!.shape).toEqual([3, 2]);
    expect(scores.map(({ shape }) => shape)).toEqual([
      [3, 3],
      [3, 2],
    ]);
    if (file !== 'targets.joblib') return;
    expect((label!.data as Buffer[]).map(String)).toEqual(expected.targets.labels);
    expect(scores.map(({ data }) => [...(data as Float64Array)])).toEqual(expected.targets.probabilities);
  });

  it('are classified in a chain, with one score for each', async () => {
    expect((await load('chain.joblib')).signatures.serving_default!.outputs).toEqual([
      { name: 'label', datatype: 'FP64', shape: [-1, 2] },
      { name: 'probabilities', datatype: 'FP64', shape: [-1, 2] },
    ]);
  });

  it('are regressed as columns', async () => {
    const [output] = (await load('several.joblib')).signatures.serving_default!.outputs;
    expect(output).toEqual({ name: 'prediction', datatype: 'FP64', shape: [-1, 2] });
    const [prediction] = await model!.run([rows()]);
    expect([...(prediction!.data as Float64Array)]).toEqual(expected.several);
  });
});

describe('what cannot be served is told of', () => {
  const REFUSED: readonly (readonly [string, string, Partial<Signature> | undefined, RegExp])[] = [
    ['texts among unnamed columns', 'unnamed.joblib', undefined, /none has a name; fit it with a pandas data frame/],
    [
      'columns that it does not have',
      'mixed.joblib',
      { inputs: [column('area', 'FP64'), column('garden', 'BYTES')] },
      /takes the columns area, city, note, rooms, but area, garden were declared/,
    ],
    [
      'too few columns',
      'mixed.joblib',
      { inputs: HOUSE.slice(0, 2) },
      /does not run with one row of area:FP64\[-1\], city/,
    ],
    [
      'columns that are rows',
      'mixed.joblib',
      { inputs: HOUSE.map((spec) => ({ ...spec, shape: [-1, 1] })) },
      /`area` is declared with the shape \[-1, 1\]; it is \[-1\]/,
    ],
    [
      'texts that its steps hide',
      'hidden.pkl',
      undefined,
      /does not run with one row of features:FP64\[-1, 2\]: .*--input/,
    ],
    ['what does not predict', 'scaler.joblib', undefined, /contains a StandardScaler; an object with `predict`/],
  ];
  let told: (string | null)[];
  beforeAll(() => {
    told = refusals(
      REFUSED.map(([, file, declared]) => ({ module: 'pickle_model', path: join(folder, file), declared })),
    );
  });

  it.each(REFUSED.map(([what, , , message], index) => [what, message, index] as const))('%s', (_, message, index) => {
    expect(told[index]).toMatch(message);
  });
});

describe('requests that a pipeline suggests', () => {
  it.each(['mixed', 'search', 'texts', 'letters', 'named', 'dropping', 'boosted', 'histogram', 'targets'])(
    'are accepted by %s, and have the categories and ranges that it was fitted with',
    async (name) => {
      const { examples = [], run, signatures } = await load(`${name}.joblib`);
      expect(examples).toHaveLength(4);
      for (const inputs of examples) {
        expect(inputs.map((input) => input.name)).toEqual(signatures.serving_default!.inputs.map((spec) => spec.name));
        await expect(run.call(model, inputs)).resolves.not.toHaveLength(0);
      }
      if (name !== 'mixed') return;
      const valuesOf = (index: number) => examples.map((inputs) => String(inputs[index]!.data));
      expect(valuesOf(1).every((city) => ['Bern', 'Oslo', 'Åre'].includes(city))).toBe(true);
      expect(new Set(valuesOf(0)).size).toBe(4);
    },
  );
});
