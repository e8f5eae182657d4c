import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Signature } from '@modelship/runtime';
import { afterAll, expect, test } from 'vitest';
import { referenceRows } from '../../../lib/cli/reference-rows.js';
import { writeReference } from '../../../lib/pack/reference.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-reference-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const table: Signature = {
  inputs: [
    { name: 'age', datatype: 'FP32', shape: [-1, 1], tabular: true },
    { name: 'city', datatype: 'BYTES', shape: [-1, 1], tabular: true },
    { name: 'visits', datatype: 'INT64', shape: [-1, 1], tabular: true },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
};

async function reference(csv: string, signature = table) {
  const path = join(folder, 'rows.csv');
  writeFileSync(path, csv);
  const notes: string[] = [];
  const rows = referenceRows(path, undefined, signature);
  await writeReference(rows, folder, signature, (note) => notes.push(note));
  return { ...JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')), notes };
}

test('has the range and distribution of numbers, the categories of strings, and what is missing', async () => {
  const { rows, columns, notes } = await reference('age,city,visits,other\n20.5,b,1,x\n,a,3,x\n60,b,2,x\n');
  expect({ rows, notes }).toEqual({ rows: 3, notes: [] });
  expect(columns).toMatchObject([
    { input: 'age', index: 0, name: 'age', missing: 1, kind: 'number', min: 20.5, max: 60 },
    { input: 'city', index: 0, name: 'city', missing: 0, kind: 'category', values: ['a', 'b'], counts: [1, 2] },
    {
      input: 'visits',
      index: 0,
      name: 'visits',
      missing: 0,
      kind: 'number',
      min: 1,
      max: 3,
      deviation: Math.sqrt(2 / 3),
    },
  ]);
  const [age] = columns as [{ counts: number[]; edges: number[] }];
  expect(age.counts.reduce((sum, count) => sum + count)).toBe(2);
  expect(age.edges).toEqual(expect.arrayContaining([20.5, 60]));
});

test('describes more rows than it keeps by a sample of them, always the same', async () => {
  const signature: Signature = { ...table, inputs: [{ name: 'v', datatype: 'FP32', shape: [-1, 1000] }] };
  async function* rows() {
    for (let batch = 0; batch < 12; batch++) {
      const data = Float32Array.from({ length: 1000 * 1000 }, (_, index) => batch * 1000 + Math.floor(index / 1000));
      yield { inputs: [{ name: 'v', datatype: 'FP32' as const, shape: [1000, 1000], data }] };
    }
  }
  const described = async () => {
    await writeReference(rows(), folder, signature);
    return readFileSync(join(folder, 'reference.json'), 'utf8');
  };
  const text = await described();
  const { columns, rows: count } = JSON.parse(text);
  expect({ count, min: columns[0].min, max: columns[0].max }).toEqual({ count: 12_000, min: 0, max: 11_999 });
  expect(columns[0].counts.reduce((sum: number, each: number) => sum + each)).toBe(10_000);
  expect(columns[0].deviation).toBeCloseTo(3464, -2);
  expect(await described()).toBe(text);
});

test('reads rows one by one for a model that takes one row in a request', async () => {
  const inputs: Signature['inputs'] = [
    { name: 'v', datatype: 'FP32', shape: [-1] },
    { name: 'w', datatype: 'FP32', shape: [1] },
  ];
  const { rows, columns } = await reference('v,w\n1,2\n3,4\n', { ...table, inputs });
  expect(rows).toBe(2);
  expect(columns).toMatchObject([{ name: 'v', min: 1, max: 3 }]);
});

test('reports constant columns, columns that are always missing, and free texts', async () => {
  const rows = Array.from({ length: 1001 }, (_, row) => `,text ${row},7`).join('\n');
  const { columns, notes } = await reference(`age,city,visits\n${rows}\n`);
  expect(columns.map(({ name }: { name: string }) => name)).toEqual(['visits']);
  expect(notes).toEqual([
    expect.stringMatching(/missing in all rows.*: age$/),
    expect.stringMatching(/more than 1000 different strings.*: city$/),
    expect.stringMatching(/one value in all rows.*: visits$/),
  ]);
});

test.each([
  ['without any value', 'v\nnan\nNaN\n', 'every value of the reference data is missing'],
  ['of other columns', 'a,b\n1,2\n', 'has 2 columns for the model (a, b)'],
  ['with text instead of numbers', 'v\nblue\n', 'has "blue" in the column v, and the model takes numbers'],
  ['without rows', 'v\n', 'has no rows'],
])('a data set %s is an error', async (_, csv, message) => {
  const signature: Signature = { ...table, inputs: [{ name: 'v', datatype: 'FP32', shape: [-1, 1] }] };
  await expect(reference(csv, signature)).rejects.toMatchObject({
    code: 'REFERENCE_INVALID',
    message: expect.stringContaining(message),
  });
});

test('a model on pictures has no columns', async () => {
  const signature = { ...table, inputs: [{ name: 'v', datatype: 'FP32', shape: [-1, 3, 224, 224] } as const] };
  await expect(reference('v\n1\n', signature)).rejects.toThrow('reference data needs an input with at most 1000');
});
