import { describe, expect, it } from 'vitest';
import { type Manifest, withInputRules } from '../../../runtime/src/manifest/index.js';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';
import { MISSING_TEXT } from '../../../runtime/src/tensor/missing.js';
import type { Tensor, TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { catalog, model, sender } from './support.js';

const column = (name: string, datatype: TensorSpec['datatype'], more = {}): TensorSpec => ({
  name,
  datatype,
  shape: [-1],
  ...more,
});

/** A model that answers what it was given, as one text a row. */
function told(format: Manifest['format'], inputs: readonly TensorSpec[]): ServedModel {
  const signatures = withInputRules(format, {
    serving_default: { inputs, outputs: [{ name: 'y', datatype: 'BYTES', shape: [-1] }] },
  });
  const show = ({ data }: Tensor, index: number) => {
    const value = data[index]!;
    return value === MISSING_TEXT ? 'missing' : Buffer.isBuffer(value) ? JSON.stringify(String(value)) : String(value);
  };
  return model({
    inputs,
    signatures,
    manifest: { format } as Manifest,
    compute: (tensors) => {
      const rows = tensors[0]!.shape[0]!;
      const width = tensors[0]!.data.length / rows;
      const line = (row: number) =>
        tensors.flatMap((tensor) => Array.from({ length: width }, (_, place) => show(tensor, row * width + place)));
      const data = Array.from({ length: rows }, (_, row) => Buffer.from(line(row).join(' ')));
      return [{ name: 'y', datatype: 'BYTES', shape: [rows], data }];
    },
  });
}

const table = told('pickle', [
  column('age', 'FP64'),
  column('city', 'BYTES'),
  column('id', 'FP64', { unused: true }),
  column('member', 'BOOL'),
]);
const numbers = told('pickle', [{ name: 'features', datatype: 'FP64', shape: [-1, 2], labels: ['a', 'constructor'] }]);
const unnamed = told('lightgbm', [{ name: 'features', datatype: 'FP64', shape: [-1, 2] }]);

async function ask(asked: ServedModel, path: string, body: object | string, type = 'application/json') {
  const send = sender(catalog([asked]), { vertexRoutes: { health: '/health', predict: '/predict' } });
  const { text, status } = await send('POST', path, body, { headers: { 'content-type': type } });
  const json = JSON.parse(text);
  if (status !== 200) return json.error ?? json.message;
  return Array.isArray(json) ? json : (json.predictions ?? json.outputs[0]?.data ?? json.outputs);
}

const TFS = '/v1/models/half_plus_two:predict';
const V2 = '/v2/models/half_plus_two/infer';
const ROW = 'NaN missing NaN 1';

describe.each([TFS, '/invocations', '/score', '/predict', '/predictions/half_plus_two'])(
  'rows of a table by %s',
  (path) => {
    it.each([
      ['by name', [{ age: null, city: null, id: 7, member: true }]],
      ['without a column that the model ignores, whatever it holds', [{ member: 1, city: null, age: null }]],
      ['with columns that it was not fitted with', [{ age: null, city: null, member: true, more: { deep: [1] } }]],
      ['by place', [[null, null, 'x', true]]],
      ['by place without the ignored column', [[null, null, true]]],
    ])('take missing values, booleans and numbers %s', async (_, instances) => {
      expect(await ask(table, path, { instances })).toEqual([ROW]);
    });

    it('take NaN as before, and columns', async () => {
      expect(await ask(table, path, '{"instances": [{"age": NaN, "city": NaN, "member": false}]}')).toEqual([
        'NaN missing NaN 0',
      ]);
      const columns = { age: [1, null], city: ['Oslo', null], member: [true, false] };
      expect(await ask(table, path, { inputs: columns })).toEqual(['1 "Oslo" NaN 1', 'NaN missing NaN 0']);
    });

    it('name the columns of an array', async () => {
      const rows = '[{"constructor": true, "a": null, "more": 1}, {"a": 3, "constructor": 4}]';
      expect(await ask(numbers, path, `{"instances": ${rows}}`)).toEqual(['NaN 1', '3 4']);
      expect(await ask(numbers, path, '{"inputs": {"constructor": [1, 2], "a": [3, 4]}}')).toEqual(['3 1', '4 2']);
      expect(await ask(numbers, path, { instances: [{ features: [1, null] }] })).toEqual(['1 NaN']);
      expect(await ask(numbers, path, { instances: [[1, null]] })).toEqual(['1 NaN']);
    });

    it.each([
      [{ instances: [{ age: 1, city: 'Oslo' }] }, 'keys must be equal to: age,city,member'],
      [{ instances: [{ age: 'x', city: 'Oslo', member: true }] }, 'is not of expected type: double'],
      [{ instances: [{ age: 1, city: 'Oslo', member: 2 }] }, 'is not of expected type: bool'],
      [{ instances: [{ age: 1, city: 'Oslo', member: null }] }, 'is not of expected type: bool'],
      [{ instances: [{ age: 1, city: 5, member: true }] }, 'is not of expected type: string'],
      [{ instances: [[1, 'Oslo']] }, 'Got 2 values, the model takes age, city, id, member'],
      [{ instances: [[[1], 'Oslo', true]] }, 'expected one value, got a list'],
    ])('are refused: %j', async (body, message) => {
      expect(await ask(table, path, body)).toContain(message);
    });
  },
);

describe('Open Inference requests for a table', () => {
  const age = { name: 'age', shape: [1], datatype: 'FP64', data: [null] };
  const city = { name: 'city', shape: [1], datatype: 'BYTES', data: [null] };
  const member = { name: 'member', shape: [1], datatype: 'BOOL', data: [true] };

  it('take null for missing values, and any column beside those of the model', async () => {
    expect(await ask(table, V2, { inputs: [age, city, member] })).toEqual([ROW]);
    const more = { name: 'more', shape: [1], datatype: 'INT64', data: [5] };
    const id = { name: 'id', shape: [1], datatype: 'BYTES', data: ['x'] };
    expect(await ask(table, V2, { inputs: [more, id, age, city, member] })).toEqual([ROW]);
  });
});

describe('CSV for a table', () => {
  const csv = (asked: ServedModel, body: string, type = 'text/csv') => ask(asked, '/invocations', body, type);

  it.each([
    ['by place', ',,7,true\n', [ROW]],
    ['without the ignored column', ',,1\n', [ROW]],
    ['with an empty text', '1,"",false\n', ['1 "" NaN 0']],
    ['with a header in any order', 'more,city,member,age\n9,Oslo,0,4\n9,,1,\n', ['4 "Oslo" NaN 0', ROW]],
    ['after blank lines and a byte order mark', '\uFEFF\r\n\r\n,,true\r\n\r\n2,"a,b",0', [ROW, '2 "a,b" NaN 0']],
  ])('is read %s', async (_, body, rows) => {
    expect(await csv(table, body)).toEqual(rows);
  });

  it('is read with a header of the columns of an array, and by place', async () => {
    expect(await csv(numbers, 'constructor,a\n1,2\n,\n')).toEqual(['2 1', 'NaN NaN']);
    expect(await csv(numbers, '1,\n')).toEqual(['1 NaN']);
    expect(await csv(numbers, 'true,False\n')).toEqual(['1 0']);
    expect(await csv(unnamed, 'x,y\n1,2\n', 'text/csv; header=present')).toEqual(['1 2']);
  });

  it.each([
    [unnamed, 'x,y\n1,2\n', 'text/csv', 'CSV line 1, column 1: "x" is not FP64. If the first line names the columns'],
    [
      table,
      '1,Oslo\n',
      'text/csv',
      'CSV line 1: got 2 values, the model takes age, city, id (may be left out), member',
    ],
    [table, '1,Oslo,\n', 'text/csv', 'CSV line 1, column 3 is empty, and BOOL has no missing value'],
    [table, 'age,city\n1,Oslo\n', 'text/csv; header=present', 'CSV: the column member is missing'],
    [table, 'age,age,city,member\n1,2,3,4\n', 'text/csv', 'the header names the column age twice'],
    [table, '1,Oslo,true\n\n1,Oslo\n', 'text/csv', 'CSV line 3: got 2 values, the first line has 3'],
  ])('is refused: %#', async (asked, body, type, message) => {
    expect(await csv(asked, body, type)).toContain(message);
  });
});

describe('a model that is no table', () => {
  const floats = told('onnx', [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }]);
  const texts = told('onnx', [{ name: 'x', datatype: 'BYTES', shape: [-1] }]);
  const whole = told('onnx', [{ name: 'x', datatype: 'INT64', shape: [-1] }]);
  const several = [column('b', 'FP32'), column('a', 'FP32')];

  it('has missing floats and nothing else', async () => {
    expect(await ask(floats, TFS, { instances: [[1, null]] })).toEqual(['1 NaN']);
    expect(await ask(texts, TFS, { instances: [null] })).toContain('is not of expected type: string');
    expect(await ask(whole, TFS, { instances: [null] })).toContain('is not of expected type: int64');
    expect(await ask(floats, TFS, { instances: [[1, true]] })).toContain('is not of expected type: float');
    expect(await ask(told('onnx', several), TFS, { instances: [{ a: 1, b: 2, c: 3 }] })).toContain('c');
  });

  it('takes rows by place if its inputs have an order', async () => {
    expect(await ask(told('onnx', several), TFS, { instances: [[1, 2]] })).toEqual(['1 2']);
    expect(await ask(told('saved_model', several), TFS, { instances: [[1, 2]] })).toContain(
      'expecting list of objects',
    );
  });
});

describe("the data frames of MLflow's clients", () => {
  const columns = ['city', 'other', 'member', 'age'];
  const data = [
    ['Oslo', 9, true, 40],
    [null, 9, 0, null],
  ];
  const expected = ['40 "Oslo" NaN 1', 'NaN missing NaN 0'];
  const records = data.map((row) => Object.fromEntries(row.map((value, place) => [columns[place], value])));

  it.each([
    ['/score', { input_data: { columns, index: [0, 1], data } }],
    ['/score', { input_data: { data, columns } }],
    ['/score', { input_data: records }],
    ['/score', { dataframe_split: { columns, data } }],
    ['/score', { dataframe_records: records }],
    ['/invocations', { dataframe_split: { columns, data }, params: { top: 1 } }],
    ['/invocations', { dataframe_split: { index: [0, 1], data, columns } }],
    ['/invocations', { dataframe_records: records }],
    ['/invocations', { instances: records }],
  ])('are read by %s from %j', async (path, body) => {
    expect(await ask(table, path, body)).toEqual(expected);
  });

  it.each([
    ['numbers of a frame', numbers, { columns: ['constructor', 'a'], data: [[1, 2]] }, ['2 1']],
    ['columns without names', numbers, { columns: [0, 1], data: [[1, 2]] }, ['1 2']],
    ['no columns', numbers, { data: [[1, 2]] }, ['1 2']],
    ['no columns of a table', table, { data: [[40, 'Oslo', true]] }, ['40 "Oslo" NaN 1']],
    ['names that the model does not have', unnamed, { columns: ['u', 'v'], data: [[1, 2]] }, ['1 2']],
  ])('have %s', async (_, asked, frame, answer) => {
    expect(await ask(asked, '/score', { input_data: frame })).toEqual(answer);
    expect(await ask(asked, '/invocations', { dataframe_split: frame })).toEqual(answer);
  });

  it('may be columns by name', async () => {
    const body = { input_data: { age: [40], city: ['Oslo'], member: [1] } };
    expect(await ask(table, '/score', body)).toEqual(['40 "Oslo" NaN 1']);
  });

  it.each([
    ['a column is missing', { columns: ['city', 'member'], data: [['Oslo', 1]] }, 'column age is missing'],
    ['a column is given twice', { columns: ['age', 'age', 'city'], data: [[1, 2, 3]] }, 'column age is given twice'],
    ['a row is short', { columns, data: [['Oslo', 9, true]] }, 'Got 3 values, the model takes age, city, id, member'],
    ['there are no rows', { columns, data: [] }, 'data of dataframe_split has no rows'],
    ['there is no data', { columns }, 'dataframe_split has no data'],
    ['data is no list', { columns, data: 1 }, 'data of dataframe_split must be a list of rows'],
    ['columns are no list', { columns: 'age', data }, 'columns of dataframe_split must be a list of names'],
    ['a column has no name', { columns: [null], data }, 'columns of dataframe_split must be a list of names'],
    ['a value is of another type', { columns, data: [['Oslo', 9, true, 'x']] }, 'is not of expected type: double'],
  ])('are rejected if %s', async (_, frame, message) => {
    expect(await ask(table, '/invocations', { dataframe_split: frame })).toContain(message);
  });

  it('name columns that only tables may lack', async () => {
    const strict = told('onnx', [column('a', 'FP32'), column('b', 'FP32')]);
    const frame = { columns: ['a', 'b', 'c'], data: [[1, 2, 3]] };
    expect(await ask(strict, '/score', { input_data: frame })).toContain('the model has no column c');
  });
});

describe.each(['/invocations', '/score', '/predictions/half_plus_two'])('bare rows by %s', (path) => {
  it.each([
    ['a row of values', unnamed, '[1, 2]', ['1 2']],
    ['a row of a table', table, '[40, "Oslo", true]', ['40 "Oslo" NaN 1']],
    ['a row by name', table, '{"age": 40, "city": "Oslo", "member": 1}', ['40 "Oslo" NaN 1']],
    ['a row by the names of columns', numbers, '{"a": 1, "constructor": 2}', ['1 2']],
    ['rows', unnamed, '[[1, 2], [3, 4]]', ['1 2', '3 4']],
    ['rows on lines', unnamed, '[1, 2]\n[3, 4]\n', ['1 2', '3 4']],
    ['rows by name on lines', numbers, '{"a": 1, "constructor": 2}\n{"a": 3, "constructor": 4}', ['1 2', '3 4']],
  ])('takes %s', async (_, asked, body, answer) => {
    expect(await ask(asked, path, body)).toEqual(answer);
  });

  it.each([
    ['a row that is too long', unnamed, '[1, 2, 3]', 'got shape [1,3], the model takes [-1,2]'],
    ['an object without inputs', table, '{"agee": 40}', "Missing 'inputs' or 'instances' key"],
    ['a row that lacks a column', table, '{"age": 40}', 'keys must be equal to: age,city,member'],
    ['what follows the rows', unnamed, '[[1, 2]] x', 'must not be followed by other values'],
  ])('rejects %s', async (_, asked, body, message) => {
    expect(await ask(asked, path, body)).toContain(message);
  });
});

it('takes a bare list as one row of a SavedModel only where containers of TensorFlow do', async () => {
  const values = told('saved_model', [column('x', 'FP32')]);
  const rows = async (path: string) => (await ask(values, path, '[1, 2, 5]')).length;
  expect(await rows('/invocations')).toBe(1);
  expect(await rows('/score')).toBe(3);
});
