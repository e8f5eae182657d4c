import { describe, expect, it } from 'vitest';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import { npyFromTensor, tensorFromNpy } from '../../../runtime/src/tensor/npy.js';
import { npzFromTensors, tensorsFromNpz } from '../../../runtime/src/tensor/npz.js';
import { catalog, halfPlusTwo, model, sender } from './support.js';
import { embedder } from './text-models.js';

const send = (models: readonly ServedModel[] = [halfPlusTwo], more = {}) => sender(catalog(models, more));
const invoke = (body: string | Buffer | object, headers: Record<string, string> = {}, served = halfPlusTwo) =>
  send([served])('POST', '/invocations', body, { headers });

const table = model({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  compute: ([x]) => [{ ...x!, name: 'y' }],
});
const named = model({
  inputs: [
    { name: 'a', datatype: 'FP32', shape: [-1] },
    { name: 'b', datatype: 'FP32', shape: [-1] },
  ],
  compute: (inputs) => inputs,
});

describe('/ping', () => {
  it('is healthy once requests may come', async () => {
    expect((await send()('GET', '/ping')).status).toBe(200);
    expect((await send([halfPlusTwo], { ready: false })('GET', '/ping')).status).toBe(503);
  });
});

describe('/invocations', () => {
  it.each([
    [{ instances: [1, 2] }, 'application/json', { predictions: [2.5, 3] }],
    [{ inputs: [1, 2] }, 'application/json', { outputs: [2.5, 3] }],
    ['[1, 2]', 'application/json; charset=utf-8', { predictions: [2.5, 3] }],
    ['[1, 2]', undefined, { predictions: [2.5, 3] }],
    ['1\n2\n', 'application/jsonlines', { predictions: [2.5, 3] }],
    ['{"x": 1}\n{"x": 2}', 'application/jsonlines', { predictions: [2.5, 3] }],
    ['1\n2\n', 'text/csv', { predictions: [2.5, 3] }],
  ])('takes %j as %s', async (body, type, answer) => {
    expect((await invoke(body, type ? { 'content-type': type } : {})).json()).toEqual(answer);
  });

  it('takes rows of several values in every type', async () => {
    const expected = {
      predictions: [
        [1, 2],
        [3, 4],
      ],
    };
    expect((await invoke('[[1, 2], [3, 4]]', {}, table)).json()).toEqual(expected);
    expect((await invoke('[1, 2]\n[3, 4]', { 'content-type': 'application/jsonlines' }, table)).json()).toEqual(
      expected,
    );
    expect((await invoke('1,2\n3,4', { 'content-type': 'text/csv' }, table)).json()).toEqual(expected);
    const x = { name: 'x', datatype: 'FP32' as const, shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
    expect((await invoke(npyFromTensor(x), { 'content-type': 'application/x-npy' }, table)).json()).toEqual(expected);
  });

  it('gives the type that is accepted', async () => {
    const accept = (type: string) => invoke('[[1, 2], [3, 4]]', { accept: type }, table);
    expect((await accept('text/csv')).text).toBe('1.0,2.0\n3.0,4.0\n');
    const lines = await accept('application/jsonlines');
    expect(lines.text).toBe('{"predictions": [[1.0, 2.0], [3.0, 4.0]]}');
    expect(lines.headers['content-type']).toBe('application/jsonlines');
    expect((await accept('application/x-ndjson')).text).toBe('[1.0, 2.0]\n[3.0, 4.0]\n');
    const npy = await accept('application/x-npy, application/json');
    expect(tensorFromNpy({ name: 'y', datatype: 'FP32', shape: [-1, 2] }, npy.body as Buffer).shape).toEqual([2, 2]);
    for (const [weighted, type] of [
      ['text/csv;q=0.5, application/json;q=0.9', 'application/json'],
      ['application/json;q=0, text/csv;q=0.1', 'text/csv; charset=utf-8'],
      ['text/csv; q=1.0, */*', 'text/csv; charset=utf-8'],
    ]) {
      expect((await accept(weighted!)).headers['content-type']).toBe(type);
    }
    expect((await accept('application/json;q=0')).status).toBe(406);
    expect((await accept('text/html, */*;q=0.1')).headers['content-type']).toBe('application/json');
  });

  it('gives each row a line of newline-delimited JSON, whatever the outputs are', async () => {
    const lines = async (instances: object[], served: ServedModel) =>
      (await invoke({ instances }, { accept: 'application/x-ndjson' }, served)).text;
    const rows = [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ];
    expect(await lines(rows, named)).toBe('{"a": 1.0, "b": 2.0}\n{"a": 3.0, "b": 4.0}\n');
    const bytes = model({
      inputs: [{ name: 'image_bytes', datatype: 'BYTES', shape: [-1] }],
      compute: (inputs) => inputs,
    });
    expect(await lines([{ b64: '/w==' }, { b64: '/w==' }], bytes)).toBe('{"b64": "/w=="}\n{"b64": "/w=="}\n');
  });

  it('gives the type that the host names to those that accept any, and to no others', async () => {
    const ask = sender(catalog([table]), { sageMakerAccept: 'text/csv' });
    const type = async (headers: Record<string, string>) =>
      (await ask('POST', '/invocations', '[[1, 2]]', { headers })).headers['content-type'];
    expect(await type({})).toBe('text/csv; charset=utf-8');
    expect(await type({ accept: '*/*' })).toBe('text/csv; charset=utf-8');
    expect(await type({ accept: 'application/json' })).toBe('application/json');
    expect(() => sender(catalog([table]), { sageMakerAccept: 'image/png' })).toThrow(
      /cannot have the type image\/png: application\/json/,
    );
  });

  it('gives JSON for CSV, unless that is accepted', async () => {
    const csv = { 'content-type': 'text/csv' };
    expect((await invoke('1,2', csv, table)).headers['content-type']).toBe('application/json');
    expect((await invoke('1,2', { ...csv, accept: 'text/csv' }, table)).text).toBe('1.0,2.0\n');
  });

  it.each([
    [415, { 'content-type': 'application/xml' }],
    [415, { 'content-type': 'constructor' }],
    [406, { accept: 'image/png' }],
    [406, { accept: 'toString' }],
  ])('answers %d to %j', async (status, headers) => {
    const response = await invoke('[1]', headers);
    expect(response.status).toBe(status);
    expect(response.json()).toEqual({ error: expect.stringContaining('are supported') });
  });

  it.each<[string, string, string]>([
    ['', 'application/json', 'The document is empty'],
    ['[]', 'application/json', "No values in 'instances' array"],
    ['[1] x', 'application/json', 'must not be followed by other values'],
    ['1', 'application/json', 'Is not object'],
    ['', 'application/jsonlines', 'The document is empty'],
    ['[1\n2]', 'application/jsonlines', 'Missing a comma or ]'],
    ['1\n{"x": 1}', 'application/jsonlines', 'Expecting value/list but got object at item 1'],
    ['', 'text/csv', 'the CSV is empty'],
    ['1,2', 'text/csv', 'got shape [1,2], the model takes [-1]'],
    ['x', 'application/x-npy', 'is not a file written by numpy.save'],
  ])('refuses %j as %s', async (body, type, message) => {
    const response = await invoke(body, { 'content-type': type });
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining(message) });
  });

  it('takes and gives several arrays as npz', async () => {
    const floats = (name: string, ...values: number[]) => ({
      name,
      datatype: 'FP32' as const,
      shape: [values.length],
      data: Float32Array.from(values),
    });
    const type = { 'content-type': 'application/x-npz' };
    const body = await npzFromTensors([floats('b', 3), floats('a', 1)]);
    expect((await invoke(body, type, named)).json()).toEqual({ predictions: [{ a: 1, b: 3 }] });
    const answer = await invoke(body, { ...type, accept: 'application/x-npz' }, named);
    expect(answer.headers['content-type']).toBe('application/x-npz');
    const { inputs } = named.signatures.serving_default!;
    expect(await tensorsFromNpz({ inputs, outputs: [] }, answer.body as Buffer)).toEqual([
      floats('a', 1),
      floats('b', 3),
    ]);
    // The one input of a model may have any name, as NumPy gives none.
    expect((await invoke(await npzFromTensors([floats('arr_0', 1, 2)]), type)).json()).toEqual({
      predictions: [2.5, 3],
    });
    expect((await invoke(await npzFromTensors([floats('a', 1)]), type, named)).status).toBe(400);
  });

  it('says that CSV for inputs without an order needs a header', async () => {
    const response = await invoke('1,2', { 'content-type': 'text/csv' }, named);
    expect(response.json()).toEqual({
      error: 'the CSV needs a first line that names its columns: a, b',
    });
    const npy = await invoke({ instances: [{ a: 1, b: 2 }] }, { accept: 'application/x-npy' }, named);
    expect(npy.status).toBe(400);
  });

  it("takes and gives the binary form of Triton's clients, whose type holds the length of the JSON", async () => {
    const triton = 'application/vnd.sagemaker-triton.binary+json';
    const input = { name: 'x', shape: [1], datatype: 'FP32', parameters: { binary_data_size: 4 } };
    const head = Buffer.from(JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }));
    const body = Buffer.concat([head, Buffer.from(Float32Array.of(1).buffer)]);
    const response = await invoke(body, { 'content-type': `${triton};json-header-size=${head.length}` });
    const length = /^application\/vnd\.sagemaker-triton\.binary\+json;json-header-size=(\d+)$/.exec(
      response.headers['content-type']!,
    )?.[1];
    expect((response.body as Buffer).subarray(Number(length))).toEqual(Buffer.from(Float32Array.of(2.5).buffer));
    const json = await invoke(
      { inputs: [{ ...input, parameters: {}, data: [1] }] },
      { 'content-type': `${triton};json-header-size=x` },
    );
    expect(json.status).toBe(400);
    expect((await invoke(body, { 'content-type': triton })).status).toBe(400);
  });

  it('calls the model that the custom attributes name', async () => {
    const two = [halfPlusTwo, { ...table, name: 'table', version: '7' }];
    const ask = (attributes: string, body = '[[1, 2]]') =>
      send(two)('POST', '/invocations', body, { headers: { 'x-amzn-sagemaker-custom-attributes': attributes } });
    expect((await ask('tfs-model-name=table')).json()).toEqual({ predictions: [[1, 2]] });
    expect((await ask('tfs-model-name=table, tfs-model-version=7, tfs-method=predict')).status).toBe(200);
    expect((await ask('tfs-model-name=table,tfs-model-version=8')).status).toBe(404);
    expect((await ask('tfs-model-name=none')).status).toBe(404);
    expect((await ask('')).json()).toEqual({
      error: expect.stringContaining('names none of the models half_plus_two, table'),
    });
  });

  it('calls the model and the version that the custom attributes name, beside models that read texts', async () => {
    const words = embedder('words', { version: '2' });
    const models = [words, embedder('words', { version: '1' }), halfPlusTwo];
    const ask = (attributes: string, body: object) =>
      send(models)('POST', '/invocations', body, { headers: { 'x-amzn-sagemaker-custom-attributes': attributes } });
    expect((await ask('tfs-model-name=half_plus_two', { inputs: [1, 2] })).json()).toEqual({ outputs: [2.5, 3] });
    const texts = { inputs: 'good' };
    expect((await ask('tfs-model-name=words,tfs-model-version=1', texts)).json()).toEqual([[1, 0, 0]]);
    expect((await ask('tfs-model-version=1', { ...texts, model: 'words' })).json()).toEqual([[1, 0, 0]]);
    expect(words.requests).toEqual([]);
    expect((await ask('tfs-model-name=words', texts)).json()).toEqual([[1, 0, 0]]);
    expect(words.requests).toHaveLength(1);
    const missing = await ask('tfs-model-name=words,tfs-model-version=3', texts);
    expect([missing.status, missing.text]).toEqual([
      404,
      expect.stringContaining('model words version 3 is not served'),
    ]);
  });

  it('classifies and regresses examples where the custom attributes say so', async () => {
    const ask = (method: string, body: object) => {
      const headers = { 'x-amzn-sagemaker-custom-attributes': `tfs-method=${method}` };
      return send()('POST', '/invocations', body, { headers });
    };
    const body = { examples: [{ x: [1] }, { x: [2] }] };
    expect((await ask('regress', body)).json()).toEqual({ results: [2.5, 3] });
    expect((await ask('classify', body)).json()).toEqual({ results: [[['0', 2.5]], [['0', 3]]] });
    expect((await ask('train', body)).json()).toEqual({
      error: 'tfs-method is train: predict, classify and regress are supported',
    });
  });

  it("takes the JSON of Open Inference, as Triton's containers do", async () => {
    const x = { name: 'x', shape: [2], datatype: 'FP32', data: [1, 2] };
    for (const body of [{ inputs: [x] }, { id: '7', parameters: {}, outputs: [{ name: 'y' }], inputs: [x] }]) {
      const response = await invoke(body, { 'content-type': 'application/json' });
      expect(response.json()).toMatchObject({ model_name: 'half_plus_two', outputs: [{ name: 'y', data: [2.5, 3] }] });
    }
    expect((await invoke({ inputs: [{ ...x, shape: [3] }] })).json()).toMatchObject({
      error: expect.stringContaining('input x: got data of shape [2]'),
    });
  });

  it('calls the only model that is there, though another could not be loaded', async () => {
    const bad = { ...table, name: 'bad', state: 'END' as const };
    expect((await send([bad, halfPlusTwo])('POST', '/invocations', '[1]')).json()).toEqual({ predictions: [2.5] });
    expect((await send([bad])('POST', '/invocations', '[1]')).status).toBe(503);
  });

  it('is unavailable while the model loads', async () => {
    expect((await send([])('POST', '/invocations', '[1]')).status).toBe(503);
  });

  it.each(['tfs-model-name=table', 'tfs-model-name=half_plus_two,tfs-model-version=2', 'tfs-model-version=2'])(
    'is unavailable while the model that the custom attributes name loads: %s',
    async (attributes) => {
      const loading = { state: 'LOADING' as const, isReady: false };
      const models = [
        halfPlusTwo,
        { ...halfPlusTwo, ...loading, version: '2' },
        { ...table, ...loading, name: 'table' },
      ];
      const headers = { 'x-amzn-sagemaker-custom-attributes': attributes };
      const response = await send(models)('POST', '/invocations', '[1]', { headers });
      expect([response.status, response.headers['retry-after']]).toEqual([503, '1']);
    },
  );
});

describe('/models', () => {
  /** A catalog whose models come and go. */
  function multiModel() {
    const loaded = new Map<string, ServedModel>();
    return sender(
      catalog([], {
        names: () => [...loaded.keys()],
        find: (name, version = '1') => (version === '1' ? loaded.get(name) : undefined),
        control: {
          async load(name, url) {
            if (loaded.has(name)) throw new InferenceError('ALREADY_EXISTS', `model ${name} is loaded`);
            if (loaded.size === 1) throw new InferenceError('RESOURCE_EXHAUSTED', 'no memory is left');
            loaded.set(name, { ...halfPlusTwo, name, source: url });
          },
          async unload(name) {
            if (!loaded.delete(name)) throw new InferenceError('NOT_FOUND', `model ${name} is not loaded`);
          },
          configure: () => Promise.reject(new Error('SageMaker does not configure')),
          unloaded: () => [],
        },
      }),
    );
  }

  it('loads, lists, calls and unloads', async () => {
    const ask = multiModel();
    const url = '/opt/ml/models/a1/model';
    expect((await ask('POST', '/models', { model_name: 'a1', url })).status).toBe(200);
    expect((await ask('GET', '/models')).json()).toEqual({ models: [{ modelName: 'a1', modelUrl: url }] });
    expect((await ask('GET', '/models/a1')).json()).toEqual({ modelName: 'a1', modelUrl: url });
    expect((await ask('POST', '/models/a1/invoke', '[1]')).json()).toEqual({ predictions: [2.5] });
    const attributes = { headers: { 'x-amzn-sagemaker-custom-attributes': 'tfs-model-version=9' } };
    expect((await ask('POST', '/models/a1/invoke', '[1]', attributes)).status).toBe(404);
    expect((await ask('POST', '/models', { model_name: 'a1', url })).status).toBe(409);
    expect((await ask('POST', '/models', { model_name: 'a2', url })).status).toBe(507);
    expect((await ask('DELETE', '/models/a1')).status).toBe(200);
    expect((await ask('DELETE', '/models/a1')).status).toBe(404);
    expect((await ask('GET', '/models/a1')).status).toBe(404);
    expect((await ask('POST', '/models/a1/invoke', '[1]')).status).toBe(404);
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"model_name": "a"}',
    '{"model_name": "", "url": "x"}',
    '{"model_name": 1, "url": "x"}',
  ])('refuses to load %j', async (body) => {
    expect((await multiModel()('POST', '/models', body)).status).toBe(400);
  });

  /** A catalog that loads models on request and already has some. */
  const loaded = (...models: ServedModel[]) => {
    const unused = () => Promise.reject(new Error('not used'));
    return send(models, { control: { load: unused, unload: unused, configure: unused, unloaded: () => [] } });
  };

  it('takes the forms for texts from the model that the path names', async () => {
    const ask = loaded(embedder('words', { version: '2' }), embedder('others'), halfPlusTwo);
    expect((await ask('POST', '/models/words/invoke', { inputs: 'good' })).json()).toEqual([[1, 0, 0]]);
    expect((await ask('POST', '/models/half_plus_two/invoke', { inputs: [1, 2] })).json()).toEqual({
      outputs: [2.5, 3],
    });
    const attributes = { headers: { 'x-amzn-sagemaker-custom-attributes': 'tfs-model-version=3' } };
    expect((await ask('POST', '/models/words/invoke', { inputs: 'good' }, attributes)).status).toBe(404);
  });

  it('has no model that is loading', async () => {
    const loading = embedder('words', { state: 'LOADING', isReady: false });
    const ask = loaded(loading, embedder('others'));
    for (const body of ['[1]', { inputs: 'good' }]) {
      expect((await ask('POST', '/models/words/invoke', body)).status).toBe(404);
    }
  });

  it('is not there where the models are fixed', async () => {
    expect((await send()('POST', '/models', { model_name: 'a', url: 'b' })).status).toBe(404);
  });
});
