import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Signature } from '@modelship/runtime';
import { expect, test } from 'vitest';
import { columnValues } from '../../../lib/requests/row-values.js';

const SIGNATURE: Signature = { inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }], outputs: [] };

const FOLDER = mkdtempSync(join(tmpdir(), 'row-values-'));

const valuesOf = (image: unknown) =>
  columnValues([{ place: 'rows.jsonl, line 1', values: { image, label: 'cat' } }], SIGNATURE, {
    rows: join(FOLDER, 'rows.jsonl'),
    label: 'label',
  });

test('pictures are read by their paths, relative to the folder of the data set', () => {
  writeFileSync(join(FOLDER, 'cat.png'), 'pixels');
  const values = { image: { value: [Buffer.from('pixels').toString('base64')], row: false } };
  expect(valuesOf('cat.png')).toEqual(values);
  expect(valuesOf(join(FOLDER, 'cat.png'))).toEqual(values);
});

test('a picture that cannot be read is an error', () => {
  expect(() => valuesOf('dog.png')).toThrow(/line 1 names the picture dog.png, which cannot be read \(ENOENT\)/);
  expect(() => valuesOf(7)).toThrow(/line 1 needs the path of a picture in the column image/);
});

test('the values of an input of one column are rows of one value', () => {
  const signature: Signature = { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }], outputs: [] };
  const rows = ['1.5', ''].map((x) => ({ place: 'rows.csv', values: { x, label: 'cat' } }));
  expect(columnValues(rows, signature, { rows: 'rows.csv', label: 'label' })).toEqual({
    x: { value: [[1.5], [Number.NaN]], row: false },
  });
});
