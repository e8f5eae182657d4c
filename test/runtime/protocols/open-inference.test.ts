import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withInputRules } from '../../../runtime/src/manifest/index.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import type { TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { RUNTIME_VERSION } from '../../../runtime/src/version.js';
import { catalog, DIGEST, halfPlusTwo, model, sender } from './support.js';

const INFER = '/v2/models/half_plus_two/infer';
const send = (served = halfPlusTwo, more = {}) => sender(catalog([served], more));
const infer = (body: object | string | Buffer, served = halfPlusTwo, headers = {}) =>
  send(served)('POST', INFER, body, { headers });

const x = { name: 'x', shape: [2], datatype: 'FP32', data: [1, 2] };
const echo = (...inputs: TensorSpec[]) => model({ inputs, outputs: inputs, compute: (tensors) => tensors });
const pair = echo({ name: 'a', datatype: 'FP32', shape: [-1, 2] }, { name: 'b', datatype: 'BYTES', shape: [-1] });
const pairInputs = [
  { name: 'b', shape: [1], datatype: 'BYTES', data: ['é'] },
  { name: 'a', shape: [1, 2], datatype: 'FP32', data: [[1, 2]] },
];

/** A body of JSON with tensors after it. */
function binary(json: object, ...tensors: Buffer[]): [Buffer, Record<string, string>] {
  const head = Buffer.from(JSON.stringify(json));
  return [Buffer.concat([head, ...tensors]), { 'inference-header-content-length': String(head.length) }];
}

const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);

describe('strict inputs', () => {
  const inputs: TensorSpec[] = [{ name: 'x', datatype: 'FP64', shape: [-1] }];
  const ask = async (strict: boolean, input: object) => {
    const signatures = withInputRules('onnx', { serving_default: { inputs, outputs: inputs } }, strict);
    const served = model({ inputs, outputs: inputs, signatures, compute: (tensors) => tensors });
    const response = await infer({ inputs: [{ ...x, ...input }] }, served);
    return response.status === 200 ? 'taken' : (response.json() as { error: string }).error;
  };

  it.each([
    ['the exact name and datatype', { datatype: 'FP64' }, 'taken', 'taken'],
    ['a datatype that widens', { datatype: 'FP32' }, 'taken', 'input x: got datatype FP32, the model takes FP64'],
    ['another name', { name: 'input-0', datatype: 'FP64' }, 'taken', 'the model has no input input-0: it takes x'],
    [
      'a datatype that would lose digits',
      { datatype: 'INT64' },
      'input x: got datatype INT64, the model takes FP64',
      'input x: got datatype INT64, the model takes FP64',
    ],
  ])('for %s', async (_, input, lenient, strict) => {
    expect(await ask(false, input)).toBe(lenient);
    expect(await ask(true, input)).toBe(strict);
  });
});

describe('infer in JSON', () => {
  it('answers compactly, with the id of the request', async () => {
    const response = await infer({ id: 'a"1', inputs: [x] });
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/json');
    expect(response.text).toBe(
      '{"model_name":"half_plus_two","model_version":"1","id":"a\\"1",' +
        '"outputs":[{"name":"y","shape":[2],"datatype":"FP32","data":[2.5,3.0]}]}',
    );
  });

  it('takes the members of an input in any order, the inputs in any order, data nested or flat', async () => {
    const reordered = '{"inputs": [{"data": [1, 2], "datatype": "FP32", "shape": [2], "name": "x"}]}';
    expect((await infer(reordered)).json()).toMatchObject({ outputs: [{ data: [2.5, 3] }] });
    expect((await infer({ inputs: pairInputs }, pair)).json()).toMatchObject({
      outputs: [
        { name: 'a', shape: [1, 2], data: [1, 2] },
        { name: 'b', shape: [1], data: ['é'] },
      ],
    });
    const flat = [pairInputs[0], { ...pairInputs[1], data: [1, 2] }];
    expect((await infer({ inputs: flat }, pair)).status).toBe(200);
  });

  it('passes over null, and over what it does not know', async () => {
    const written = {
      id: null,
      parameters: null,
      outputs: null,
      model_name: 'm',
      inputs: [{ ...x, parameters: null, extra: {} }],
    };
    expect((await infer(written)).json()).not.toHaveProperty('id');
  });

  it('gives the outputs asked for, in that order', async () => {
    const response = await infer({ inputs: pairInputs, outputs: [{ name: 'b' }, { name: 'a' }] }, pair);
    expect((response.json() as { outputs: { name: string }[] }).outputs.map(({ name }) => name)).toEqual(['b', 'a']);
    const one = await infer({ inputs: pairInputs, outputs: [{ name: 'b' }] }, pair);
    expect((one.json() as { outputs: object[] }).outputs).toHaveLength(1);
  });

  it('ranks classes where that is asked for', async () => {
    const scores = echo({ name: 'scores', datatype: 'FP32', shape: [-1, 3], labels: ['cat', 'dog', 'eel'] });
    const inputs = [{ name: 'scores', shape: [2, 3], datatype: 'FP32', data: [0.2, 0.5, 0.3, 1, 0, 0] }];
    const response = await infer({ inputs, outputs: [{ name: 'scores', parameters: { classification: 2 } }] }, scores);
    expect(response.json()).toMatchObject({
      outputs: [
        {
          datatype: 'BYTES',
          shape: [2, 2],
          data: ['0.500000:1:dog', '0.300000:2:eel', '1.000000:0:cat', '0.000000:1:dog'],
        },
      ],
    });
  });

  it('ranks any number of classes as a sort of all would, and refuses more texts than a request may ask for', async () => {
    const width = 5000;
    const scores = echo({ name: 'scores', datatype: 'FP32', shape: [-1, -1] });
    const ask = async (data: readonly number[], shape: number[], classification: number) => {
      const request = {
        inputs: [{ name: 'scores', shape, datatype: 'FP32', data }],
        outputs: [{ name: 'scores', parameters: { classification } }],
      };
      return (await infer(request, scores)).json() as { outputs: { data: string[] }[]; error: string };
    };
    const orders: ((index: number) => number)[] = [
      (index) => index,
      (index) => -index,
      (index) => (index * 7919) % 5000,
      (index) => index % 7,
      () => 1,
    ];
    for (const order of orders) {
      const values = Array.from({ length: width }, (_, index) => order(index));
      const sorted = values
        .map((_, index) => index)
        .sort((left, right) => values[right]! - values[left]! || left - right);
      for (const best of [1, 3, 2000]) {
        const { outputs } = await ask(values, [1, width], best);
        expect(outputs[0]!.data.map((text) => Number(text.split(':')[1]))).toEqual(sorted.slice(0, best));
      }
    }
    const { error } = await ask(new Array(300_000).fill(1), [300_000, 1], 1);
    expect(error).toBe(
      'output scores: 1 classes of 300000 rows are 300000 texts, 262144 are allowed: ask for fewer classes, or the numbers',
    );
  });

  it.each([
    undefined,
    'application/json; charset=utf-8',
    'application/x-www-form-urlencoded',
    'text/plain;charset=UTF-8',
  ])('takes the content type %s', async (type) => {
    expect((await infer({ inputs: [x] }, halfPlusTwo, type ? { 'content-type': type } : {})).status).toBe(200);
  });

  it.each(['text/html', 'multipart/form-data; boundary=x', 'image/png', 'application/xml', 'application/jsonp'])(
    'answers 415 to the content type %s',
    async (type) => {
      expect((await infer({ inputs: [x] }, halfPlusTwo, { 'content-type': type })).status).toBe(415);
    },
  );
});

describe('infer in binary', () => {
  it('takes tensors after the JSON and gives them so, whole or by output', async () => {
    const input = { name: 'x', shape: [2], datatype: 'FP32', parameters: { binary_data_size: 8 } };
    const all = await infer(...split({ inputs: [input], parameters: { binary_data_output: true } }, floats(1, 2)));
    expect(all.headers['content-type']).toBe('application/octet-stream');
    const length = Number(all.headers['inference-header-content-length']);
    const body = all.body as Buffer;
    expect(JSON.parse(body.subarray(0, length).toString())).toEqual({
      model_name: 'half_plus_two',
      model_version: '1',
      outputs: [{ name: 'y', shape: [2], datatype: 'FP32', parameters: { binary_data_size: 8 } }],
    });
    expect(body.subarray(length)).toEqual(floats(2.5, 3));

    const outputs = [{ name: 'y', parameters: { binary_data: false } }];
    const none = await infer(
      ...split({ inputs: [input], outputs, parameters: { binary_data_output: true } }, floats(1, 2)),
    );
    expect(none.json()).toMatchObject({ outputs: [{ data: [2.5, 3] }] });
  });

  it('mixes inputs in JSON and in binary', async () => {
    const inputs = [
      { name: 'b', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 6 } },
      { name: 'a', shape: [1, 2], datatype: 'FP32', data: [1, 2] },
    ];
    const [body, headers] = binary({ inputs }, Buffer.from([2, 0, 0, 0, 104, 105]));
    expect((await infer(body, pair, headers)).json()).toMatchObject({ outputs: [{ data: [1, 2] }, { data: ['hi'] }] });
  });

  it('takes a raw body for the one input where the header says 0, and answers in binary', async () => {
    const raw = { 'inference-header-content-length': '0' };
    const response = await infer(floats(1, 2, 3), halfPlusTwo, raw);
    const length = Number(response.headers['inference-header-content-length']);
    expect((response.body as Buffer).subarray(length)).toEqual(floats(2.5, 3, 3.5));

    const image = echo({ name: 'image', datatype: 'UINT8', shape: [-1, -1, 3] });
    const pixels = await infer(Buffer.alloc(12), image, raw);
    expect(pixels.text).toContain('"shape":[1,4,3]');
    const text = echo({ name: 'text', datatype: 'BYTES', shape: [-1] });
    expect((await infer(Buffer.from('hello'), text, raw)).text).toContain('hello');

    expect((await infer(Buffer.alloc(4), pair, raw)).status).toBe(400);
    expect((await infer(Buffer.alloc(7), halfPlusTwo, raw)).status).toBe(400);
    const open = echo({ name: 'image', datatype: 'UINT8', shape: [-1, -1, -1] });
    expect((await infer(Buffer.alloc(12), open, raw)).status).toBe(400);
  });

  it('carries half floats in binary and as numbers', async () => {
    const half = echo({ name: 'h', datatype: 'FP16', shape: [-1] });
    const input = { name: 'h', shape: [2], datatype: 'FP16', parameters: { binary_data_size: 4 } };
    const [body, headers] = binary({ inputs: [input] }, Buffer.from(Uint16Array.of(0x3c00, 0xc000).buffer));
    expect((await infer(body, half, headers)).json()).toMatchObject({ outputs: [{ data: [1, -2] }] });
    const json = await infer({ inputs: [{ name: 'h', shape: [1], datatype: 'FP16', data: [1] }] }, half);
    expect(json.json()).toMatchObject({ outputs: [{ datatype: 'FP16', data: [1] }] });
  });

  it.each(['-1', '1e3', '99999', '4294967296', '9'.repeat(40), 'x', '', ' 2', '0x10'])(
    'refuses the header %j and lives',
    async (value) => {
      const response = await infer({ inputs: [x] }, halfPlusTwo, { 'inference-header-content-length': value });
      expect(response.status).toBe(400);
      expect(response.json()).toEqual({ error: expect.stringContaining('Inference-Header-Content-Length') });
    },
  );

  it.each<[object, Buffer, string]>([
    [{ binary_data_size: 8 }, floats(1), 'binary_data_size is 8, but 4 bytes are left'],
    [{ binary_data_size: 4 }, floats(1), 'got 4 bytes of data, shape [2] of FP32 takes 8'],
    [{ binary_data_size: 8 }, floats(1, 2, 3), '4 bytes after the JSON belong to no input'],
    [{ binary_data_size: -8 }, floats(1, 2), 'must be a whole number of bytes'],
    [{ binary_data_size: 'x' }, floats(1, 2), 'must be a whole number of bytes'],
    [{ binary_data_size: 1e300 }, floats(1, 2), 'must be a whole number of bytes'],
  ])('refuses the parameters %j', async (parameters, bytes, message) => {
    const [body, headers] = binary({ inputs: [{ name: 'x', shape: [2], datatype: 'FP32', parameters }] }, bytes);
    const response = await infer(body, halfPlusTwo, headers);
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining(message) });
  });
});

describe('bad requests', () => {
  it.each<[object | string, string]>([
    ['', 'JSON Parse error: The document is empty.'],
    ['{"inputs": [', 'JSON Parse error'],
    [`${JSON.stringify({ inputs: [x] })}x`, 'must not be followed by other values'],
    ['[]', 'the request must be a JSON object, got []'],
    ['null', 'the request must be a JSON object, got null'],
    [{}, 'the request has no inputs'],
    [{ inputs: {} }, 'inputs must be a list'],
    [{ inputs: [] }, 'input x is missing'],
    [{ inputs: [1] }, 'an input must be a JSON object, got 1'],
    [{ inputs: null }, 'the request has no inputs'],
    [{ inputs: [{ ...x, name: null }] }, 'an input has no name'],
    [{ inputs: [{ ...x, data: null }] }, 'input x has no data'],
    ['{"inputs": [], "extra": [}', 'JSON Parse error'],
    [{ inputs: [x, x] }, 'input x is given twice'],
    [{ inputs: [x, { ...x, name: 'z' }] }, 'input x is given twice: the model takes x'],
    [{ inputs: [{ ...x, name: undefined }] }, 'an input has no name'],
    [{ inputs: [{ ...x, name: 1 }] }, 'name must be a string'],
    [{ inputs: [{ ...x, shape: undefined }] }, 'input x has no shape'],
    [{ inputs: [{ ...x, shape: 2 }] }, 'shape must be a list'],
    [{ inputs: [{ ...x, shape: [-2] }] }, 'shape holds -2'],
    [{ inputs: [{ ...x, shape: [1.5] }] }, 'shape holds 1.5'],
    [{ inputs: [{ ...x, shape: ['2'] }] }, 'shape holds "2"'],
    [{ inputs: [{ ...x, shape: [1e300] }] }, 'shape holds 1e+300'],
    [{ inputs: [{ ...x, shape: [2, 1] }] }, 'got shape [2,1], the model takes [-1]'],
    [{ inputs: [{ ...x, shape: [3] }] }, 'got data of shape [2], shape [3] takes'],
    [{ inputs: [{ ...x, shape: [9007199254740991] }] }, 'got data of shape [2]'],
    [{ inputs: [{ ...x, datatype: undefined }] }, 'input x has no datatype'],
    [{ inputs: [{ ...x, datatype: 'FP64' }] }, 'got datatype FP64, the model takes FP32'],
    [{ inputs: [{ ...x, datatype: 'float' }] }, 'the datatypes are BOOL, UINT8'],
    [{ inputs: [{ ...x, data: undefined }] }, 'input x has no data'],
    [{ inputs: [{ ...x, data: 1 }] }, 'data must be a list'],
    [{ inputs: [{ ...x, data: [[1], [2]] }] }, 'got data of shape [2,1]'],
    [{ inputs: [{ ...x, data: [1, true] }] }, 'JSON Value: true Type: True'],
    [{ inputs: [{ ...x, data: ['1', 2] }] }, 'is not of expected type: float'],
    [{ inputs: [{ ...x, parameters: { binary_data_size: 8 } }] }, 'both data and binary_data_size'],
    [
      { inputs: [{ ...x, data: undefined, parameters: { binary_data_size: 8 } }] },
      'the header Inference-Header-Content-Length is missing',
    ],
    [
      '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[NaN]}]}',
      'JSON Value: NaN Type: Number is not of expected type: float',
    ],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1e999]}]}', 'out of the range of FP32'],
    ['{"inputs":[{"name":"x","name":"y"}]}', 'the name name is given twice'],
    ['{"inputs":[],"inputs":[]}', 'the name inputs is given twice'],
    ['{"id":"a","id":"b","inputs":[]}', 'the name id is given twice'],
    ['{"__proto__":{}}', 'the request has no inputs'],
    [{ id: 1, inputs: [x] }, 'id must be a string'],
    [{ inputs: [x], parameters: [] }, 'parameters must be a JSON object'],
    [{ inputs: [x], parameters: { a: {} } }, 'parameter a must be a string, a number or a boolean'],
    [{ inputs: [x], parameters: { binary_data_output: 'yes' } }, 'must be true or false'],
    [{ inputs: [x], outputs: [{ name: 'z' }] }, 'the model has no output z: it gives y'],
    [{ inputs: [x], outputs: [{ name: 'y' }, { name: 'y' }] }, 'output y is requested twice'],
    [{ inputs: [x], outputs: [{}] }, 'an output has no name'],
    [{ inputs: [x], outputs: [{ name: 'y', parameters: { classification: 0 } }] }, 'must be a number of classes'],
  ])('refuses %j', async (body, message) => {
    const response = await infer(body);
    expect(response.json()).toEqual({ error: expect.stringContaining(message) });
    expect(response.status).toBe(400);
  });

  it.each([Number.NaN, Infinity, -Infinity])('never writes null for an output of %d', async (value) => {
    const odd = model({ compute: () => [{ name: 'y', datatype: 'FP32', shape: [1], data: Float32Array.of(value) }] });
    const response = await infer({ inputs: [x] }, odd);
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringMatching(/output y holds .*: request it in binary/) });
    const inBinary = await infer({ inputs: [x], parameters: { binary_data_output: true } }, odd);
    expect(inBinary.status).toBe(200);
  });

  it('refuses to write bytes that are not UTF-8 as text', async () => {
    const odd = model({ compute: () => [{ name: 'y', datatype: 'BYTES', shape: [1], data: [Buffer.from([255])] }] });
    expect((await infer({ inputs: [x] }, odd)).status).toBe(400);
  });

  it('tells when to try again', async () => {
    const busy = model({
      compute: () => {
        throw new InferenceError('UNAVAILABLE', 'the queue is full', 3);
      },
    });
    const response = await infer({ inputs: [x] }, busy);
    expect(response).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
  });
});

describe('health and metadata', () => {
  it('tells whether it lives and is ready', async () => {
    expect((await send()('GET', '/v2/health/live')).json()).toEqual({ live: true });
    expect(await send()('GET', '/v2/health/ready')).toMatchObject({ status: 200, text: '{"ready":true}' });
    const draining = send(halfPlusTwo, { ready: false });
    expect(await draining('GET', '/v2/health/ready')).toMatchObject({ status: 503, text: '{"ready":false}' });
    expect((await draining('GET', '/v2/health/live')).status).toBe(200);
  });

  it('tells of a model, with and without version', async () => {
    const expected = {
      name: 'half_plus_two',
      versions: ['1'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
      parameters: { digest: DIGEST },
    };
    expect((await send()('GET', '/v2/models/half_plus_two')).json()).toEqual(expected);
    expect((await send()('GET', '/v2/models/half_plus_two/versions/1')).json()).toEqual(expected);
    expect((await send()('GET', '/v2/models/half_plus_two/ready')).json()).toEqual({
      name: 'half_plus_two',
      ready: true,
    });
    expect((await send()('GET', '/v2/models/half_plus_two/config')).json()).toMatchObject({
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [-1] }],
    });
    expect((await send()('POST', '/v2/models/half_plus_two/versions/1/infer', { inputs: [x] })).status).toBe(200);
  });

  it.each([
    ['GET', '/v2/models/none'],
    ['GET', '/v2/models/none/ready'],
    ['GET', '/v2/models/half_plus_two/versions/2'],
    ['GET', '/v2/models/..%2F..%2Fetc'],
    ['POST', '/v2/models/none/infer'],
    ['POST', '/v2/models/half_plus_two/versions/2/infer'],
  ])('answers 404 to %s %s', async (method, path) => {
    const response = await send()(method, path, { inputs: [x] });
    expect(response.status).toBe(404);
    expect(response.json()).toEqual({ error: expect.stringContaining('does not exist') });
  });

  it('marks the columns that requests may omit', async () => {
    const inputs = [
      { name: 'age', datatype: 'FP64', shape: [-1] },
      { name: 'id', datatype: 'FP64', shape: [-1], unused: true },
    ] as const;
    expect((await send(model({ inputs, compute: () => [] }))('GET', '/v2/models/half_plus_two')).json()).toMatchObject({
      inputs: [
        { name: 'age', datatype: 'FP64', shape: [-1] },
        { name: 'id', datatype: 'FP64', shape: [-1], parameters: { unused: true } },
      ],
    });
  });

  it('tells a model that is not ready from one that does not exist', async () => {
    const loading = send({ ...halfPlusTwo, state: 'LOADING' });
    expect(await loading('GET', '/v2/models/half_plus_two/ready')).toMatchObject({
      status: 503,
      text: '{"name":"half_plus_two","ready":false}',
    });
    expect((await loading('POST', INFER, { inputs: [x] })).status).toBe(503);
  });

  it('lists the server, the models and their states', async () => {
    expect((await send()('GET', '/v2')).json()).toMatchObject({ name: 'modelship', version: RUNTIME_VERSION });
    expect((await send()('GET', '/v2/models')).json()).toEqual({ models: ['half_plus_two'] });
    const failed = send({ ...halfPlusTwo, state: 'END', isReady: false, failure: 'damaged' });
    const index = await failed('POST', '/v2/repository/index');
    expect(index.json()).toEqual([{ name: 'half_plus_two', version: '1', state: 'UNAVAILABLE', reason: 'damaged' }]);
    expect((await failed('POST', '/v2/repository/index', { ready: true })).json()).toEqual([]);
    for (const body of ['{', '{"ready": [true]}', '{"ready": 1}']) {
      expect((await failed('POST', '/v2/repository/index', body)).status).toBe(400);
    }
  });

  it('has the version of its package', () => {
    const manifest = JSON.parse(readFileSync('runtime/package.json', 'utf8')) as { version: string };
    expect(RUNTIME_VERSION).toBe(manifest.version);
  });
});

function split(json: object, ...tensors: Buffer[]): [Buffer, typeof halfPlusTwo, Record<string, string>] {
  const [body, headers] = binary(json, ...tensors);
  return [body, halfPlusTwo, headers];
}
