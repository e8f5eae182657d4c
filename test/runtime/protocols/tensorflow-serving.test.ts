import { join } from 'node:path';
import { loadSync } from 'protobufjs';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import { InferenceError, type StatusCode } from '../../../runtime/src/tensor/errors.js';
import type { Signature, TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { catalog, halfPlusTwo, model, sender } from './support.js';

const send = (models = [halfPlusTwo], more = {}) => sender(catalog(models, more));
const predict = (body: unknown, served = halfPlusTwo) =>
  send([served])('POST', '/v1/models/half_plus_two:predict', body as object);

const pair: TensorSpec[] = [
  { name: 'a', datatype: 'FP32', shape: [-1, 2] },
  { name: 'b', datatype: 'INT64', shape: [-1] },
];
const echo = (inputs: readonly TensorSpec[]) => model({ inputs, outputs: inputs, compute: (tensors) => tensors });

describe('predict by rows', () => {
  it('answers one value for each', async () => {
    const response = await predict({ instances: [1, 2, 5] });
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/json');
    expect(response.text).toBe('{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}');
  });

  it('ignores a byte order mark', async () => {
    expect((await predict('\uFEFF{"instances": [1]}')).json()).toEqual({ predictions: [2.5] });
    expect((await predict('\uFEFF{"instances": [x]}')).json()).toEqual({
      error: expect.stringContaining('JSON Parse error'),
    });
  });

  it('answers lists as deep as the output', async () => {
    const response = await predict(
      {
        instances: [
          [1, 0.2],
          [3, 4],
        ],
      },
      echo([pair[0]!]),
    );
    expect(response.text).toBe('{\n    "predictions": [[1.0, 0.2], [3.0, 4.0]\n    ]\n}');
  });

  it('answers an object for each row where there are several outputs', async () => {
    const response = await predict(
      {
        instances: [
          { a: [1, 2], b: 7 },
          { b: 8, a: [3, 4] },
        ],
      },
      echo(pair),
    );
    expect(response.text).toBe(
      [
        '{',
        '    "predictions": [',
        '        {',
        '            "a": [1.0, 2.0],',
        '            "b": 7',
        '        },',
        '        {',
        '            "a": [3.0, 4.0],',
        '            "b": 8',
        '        }',
        '    ]',
        '}',
      ].join('\n'),
    );
  });

  it('takes an object for the one input, or the plain value', async () => {
    expect((await predict({ instances: [{ x: 1 }] })).json()).toEqual({ predictions: [2.5] });
    expect((await predict({ instances: [1] })).json()).toEqual({ predictions: [2.5] });
  });

  it('takes and gives NaN and the infinities as words, and infinity for what is too large', async () => {
    const response = await predict('{"instances": [NaN, -Infinity, Inf, 1e999, 1e39]}');
    expect(response.text).toBe('{\n    "predictions": [NaN, -Infinity, Infinity, Infinity, Infinity\n    ]\n}');
  });

  it('takes base64 for bytes, and gives it for outputs that are named so', async () => {
    const text = echo([{ name: 'text', datatype: 'BYTES', shape: [-1] }]);
    expect((await predict({ instances: [{ b64: 'aGk=' }, 'é"'] }, text)).json()).toEqual({ predictions: ['hi', 'é"'] });
    const bytes = echo([{ name: 'image_bytes', datatype: 'BYTES', shape: [-1] }]);
    expect((await predict({ instances: [{ b64: '/w==' }] }, bytes)).text).toBe(
      '{\n    "predictions": [{\n            "b64": "/w=="\n        }\n    ]\n}',
    );
  });

  it('ignores bytes after the document and names it does not know', async () => {
    expect((await predict('{"parameters": {"a": [1]}, "instances": [1]} trailing }')).status).toBe(200);
  });
});

describe('predict by columns', () => {
  it('answers the tensor, or one for each name', async () => {
    expect((await predict({ inputs: [1, 2] })).text).toBe('{\n    "outputs": [2.5, 3.0]\n}');
    const response = await predict(
      {
        inputs: {
          a: [
            [1, 2],
            [3, 4],
          ],
          b: [7, 8],
          extra: {},
        },
      },
      echo(pair),
    );
    expect(response.text).toBe(
      [
        '{',
        '    "outputs": {',
        '        "a": [',
        '            [1.0, 2.0],',
        '            [3.0, 4.0]',
        '        ],',
        '        "b": [7, 8]',
        '    }',
        '}',
      ].join('\n'),
    );
  });

  it('answers a scalar as one', async () => {
    expect((await predict({ inputs: 3 }, echo([{ name: 'x', datatype: 'INT32', shape: [] }]))).text).toBe(
      '{\n    "outputs": 3\n}',
    );
  });
});

describe('signatures', () => {
  const twice = { inputs: halfPlusTwo.signatures.serving_default!.inputs, outputs: [] };
  const both = model({
    signatures: { serving_default: halfPlusTwo.signatures.serving_default!, other: { ...twice, inputs: [pair[1]!] } },
    compute: (inputs, { signatureName }) => [{ ...inputs[0]!, name: signatureName! }],
  });

  it.each([
    ['{"signature_name": "other", "instances": [12345678901]}', 12345678901],
    ['{"instances": [12345678901], "signature_name": "other"}', 12345678901],
    ['{"instances": [1], "signature_name": "serving_default"}', 1],
    ['{"instances": [1], "signature_name": ""}', 1],
    ['{"instances": [1]}', 1],
  ])('reads %s by the signature named', async (body, value) => {
    expect((await predict(body, both)).json()).toEqual({ predictions: [value] });
  });

  it.each([
    ['{"signature_name": "none", "instances": [1]}', 'Serving signature name: "none" not found in signature def'],
    ['{"signature_name": "constructor", "instances": [1]}', '"constructor" not found in signature def'],
    ['{"signature_name": 1, "instances": [1]}', "'signature_name' key must be a string value."],
  ])('refuses %s', async (body, message) => {
    const response = await predict(body, both);
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining(message) });
  });
});

describe('bad requests', () => {
  it.each<[string, string]>([
    ['', 'JSON Parse error: The document is empty'],
    ['  ', 'JSON Parse error: The document is empty'],
    ['{', 'JSON Parse error: '],
    ['{"instances": [1', 'JSON Parse error: Missing a comma or ] after an array element.'],
    ['{"instances": [1,]}', 'JSON Parse error: Invalid value.'],
    ['{"instances": [1]', 'JSON Parse error: Missing a comma or } after an object member.'],
    ['{"instances" [1]}', 'JSON Parse error: Missing a colon'],
    ['{instances: [1]}', 'JSON Parse error: Missing a name'],
    ['[1]', 'JSON Value: [1] Is not object'],
    ['7', 'JSON Value: 7 Is not object'],
    ['{}', "Missing 'inputs' or 'instances' key"],
    ['{"instances": []}', "No values in 'instances' array"],
    ['{"instances": 1}', "Excepting 'instances' to be an list/array"],
    ['{"instances": {"x": [1]}}', "Excepting 'instances' to be an list/array"],
    ['{"instances": [1], "inputs": [1]}', "expecting only one of 'inputs' or 'instances' keys to exist"],
    ['{"inputs": [1], "instances": [1]}', "expecting only one of 'inputs' or 'instances' keys to exist"],
    ['{"instances": [1], "instances": [2]}', 'the name instances is given twice'],
    ['{"instances": [{"x": 1, "x": 2}]}', 'the name x is given twice'],
    ['{"inputs": {"x": [1], "x": [2]}}', 'the name x is given twice'],
    ['{"instances": [1, {"x": 1}]}', 'Expecting value/list but got object at item 1 of input list'],
    ['{"instances": [{"x": 1}, 1]}', 'Expecting object but got list at item 1 of input list'],
    [
      '{"instances": [{"z": 1}]}',
      "Failed to process element: 0 key: z of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: z",
    ],
    [
      '{"instances": [{}]}',
      "Failed to process element: 0 of 'instances' list. JSON object: {} keys must be equal to: x",
    ],
    [
      '{"instances": [1, "a"]}',
      'Failed to process element: 1 of \'instances\' list. Error: INVALID_ARGUMENT: JSON Value: "a" Type: String is not of expected type: float',
    ],
    ['{"instances": [1, [2]]}', 'Failed to process element: 1'],
    ['{"instances": [[1], [2, 3]]}', 'Expecting tensor size: 1 but got: 2'],
    ['{"inputs": {"y": [1]}}', "Missing named input: x in 'inputs' object."],
    ['{"inputs": {"x": [[1], [2, 3]]}}', 'Encountered list at unexpected size: 2 at level: 1 expected size: 1'],
    ['{"instances": [[1, 2]]}', 'input x: got shape [1,2], the model takes [-1]'],
    ['{"inputs": 1}', 'input x: got shape [], the model takes [-1]'],
    ['{"instances": [{"constructor": 1}]}', 'does not have named input: constructor'],
    [`{"instances": ${'['.repeat(100)}${']'.repeat(100)}}`, 'nested too deeply'],
    ['{"a": "\\ud800", "instances": [1]}', 'The surrogate pair in string is invalid.'],
  ])('refuses %s', async (body, message) => {
    const response = await predict(body);
    expect(response.json()).toEqual({ error: expect.stringContaining(message) });
    expect(response.status).toBe(400);
  });

  it.each([
    ['{"instances": [1]}', 'instances is a plain list, but expecting list of objects'],
    ['{"inputs": [1]}', 'inputs is a plain value/list, but expecting an object'],
    ['{"instances": [{"a": [1, 2]}]}', 'keys must be equal to: a,b'],
    ['{"inputs": {"a": [[1, 2]]}}', 'Missing named input: b'],
  ])('refuses %s for a model of two inputs', async (body, message) => {
    expect((await predict(body, echo(pair))).json()).toEqual({ error: expect.stringContaining(message) });
  });

  it('leaves the shapes of a SavedModel to TensorFlow, which may take others than the signature names', async () => {
    const saved = { ...halfPlusTwo, manifest: { ...halfPlusTwo.manifest, format: 'saved_model' } as Manifest };
    expect((await predict({ instances: [[1], [2]] }, saved)).json()).toEqual({ predictions: [[2.5], [3]] });
  });

  it('refuses outputs that have no row for each', async () => {
    const scalar = model({ compute: () => [{ name: 'y', datatype: 'FP32', shape: [], data: Float32Array.of(1) }] });
    expect((await predict({ instances: [1] }, scalar)).json()).toEqual({
      error: 'Tensor name: y has no shape information ',
    });
    const uneven = model({ compute: ([x]) => [x!, { ...x!, name: 'z', shape: [0], data: new Float32Array(0) }] });
    expect((await predict({ instances: [1] }, uneven)).status).toBe(400);
  });

  it.each<[StatusCode, number]>([
    ['INVALID_ARGUMENT', 400],
    ['FAILED_PRECONDITION', 400],
    ['OUT_OF_RANGE', 413],
    ['UNAUTHENTICATED', 401],
    ['PERMISSION_DENIED', 403],
    ['NOT_FOUND', 404],
    ['ALREADY_EXISTS', 409],
    ['ABORTED', 409],
    ['RESOURCE_EXHAUSTED', 429],
    ['CANCELLED', 499],
    ['INTERNAL', 500],
    ['UNIMPLEMENTED', 501],
    ['UNAVAILABLE', 503],
    ['DEADLINE_EXCEEDED', 504],
  ])('tells %s as %d', async (code, status) => {
    const failing = model({
      compute: () => {
        throw new InferenceError(code, 'why', 2);
      },
    });
    const response = await predict({ instances: [1] }, failing);
    expect(response.status).toBe(status);
    expect(response.headers['retry-after']).toBe('2');
    expect(response.json()).toEqual({ error: 'why' });
  });

  it('leaves other failures to the server', async () => {
    const failing = model({
      compute: () => {
        throw new Error('secret');
      },
    });
    await expect(predict({ instances: [1] }, failing)).rejects.toThrow('secret');
  });
});

describe('paths', () => {
  const versions = ['2', '1'].map((version) => ({ ...halfPlusTwo, version }));
  const labelled = send(versions, { labels: () => ({ stable: '1', 'a b': '2', gone: '9' }) });
  const body = { instances: [1] };

  it.each([
    '/v1/models/half_plus_two:predict',
    '/V1/Models/half_plus_two:PREDICT',
    '/v1/models/half%5Fplus_two:predict',
    '/v1/models/half_plus_two/versions/1:predict',
    '/v1/models/half_plus_two/versions/01:predict',
    '/v1/models/half_plus_two/labels/stable:predict',
    '/v1/models/half_plus_two/labels/a%20b:predict',
  ])('answers POST %s', async (path) => {
    expect((await labelled('POST', path, body)).status).toBe(200);
  });

  it.each([
    ['POST', '/v1/models/none:predict', 404, 'Servable not found for request: Latest(none)'],
    [
      'POST',
      '/v1/models/half_plus_two/versions/7:predict',
      404,
      'Servable not found for request: Specific(half_plus_two, 7)',
    ],
    [
      'POST',
      '/v1/models/half_plus_two/labels/gone:predict',
      404,
      'Servable not found for request: Specific(half_plus_two, 9)',
    ],
    ['POST', '/v1/models/half_plus_two/labels/none:predict', 400, 'Unrecognized servable version label: none'],
    ['POST', '/v1/models/half_plus_two/labels/toString:predict', 400, 'Unrecognized servable version label: toString'],
    [
      'POST',
      '/v1/models/half_plus_two/versions/9223372036854775808:predict',
      400,
      'Failed to convert version: 9223372036854775808 to numeric.',
    ],
    ['POST', '/v1/models/%ff:predict', 400, 'Malformed request: POST /v1/models/%ff:predict'],
    ['POST', '/v1/models/half_plus_two:explode', 400, 'Malformed request: POST /v1/models/half_plus_two:explode'],
    ['POST', '/v1/models/half_plus_two', 400, 'Malformed request: POST /v1/models/half_plus_two'],
    ['POST', '/v1/models/half_plus_two/versions/x:predict', 400, 'Malformed request: POST'],
    ['GET', '/v1/models/half_plus_two:predict', 400, 'Malformed request: GET'],
    ['GET', '/v1/', 400, 'Malformed request: GET /v1/'],
    ['PUT', '/v1/models/half_plus_two', 400, 'Malformed request: PUT /v1/models/half_plus_two'],
    ['GET', '/v1/models', 400, 'Missing model name in request.'],
    ['GET', '/v1/models/none', 404, 'Could not find any versions of model none'],
    ['GET', '/v1/models/half_plus_two/versions/7', 404, 'Could not find version 7 of model half_plus_two'],
    ['GET', '/v1/models/none/metadata', 404, 'Servable not found for request: Latest(none)'],
    ['GET', '/v1/models/a%2F..%2Fb', 404, 'Could not find any versions of model a/../b'],
  ])('answers %s %s with %d', async (method, path, status, message) => {
    const response = await labelled(method, path, body);
    expect(response.json()).toEqual({ error: expect.stringContaining(message) });
    expect(response.status).toBe(status);
  });

  it('answers OPTIONS to browsers only', async () => {
    const options = (origin?: string) =>
      labelled('OPTIONS', '/v1/models/half_plus_two', '', { headers: origin ? { origin } : {} });
    expect((await options('https://example.com')).status).toBe(200);
    expect((await options('example.com')).status).toBe(400);
    expect((await options()).status).toBe(400);
  });

  it('tells the state of every version, or of one', async () => {
    const states = send([...versions, { ...halfPlusTwo, version: '0', state: 'END', failure: 'file is damaged' }]);
    const ok = { error_code: 'OK', error_message: '' };
    expect((await states('GET', '/v1/models/half_plus_two')).json()).toEqual({
      model_version_status: [
        { version: '2', state: 'AVAILABLE', status: ok },
        { version: '1', state: 'AVAILABLE', status: ok },
        { version: '0', state: 'END', status: { error_code: 'UNKNOWN', error_message: 'file is damaged' } },
      ],
    });
    expect((await states('GET', '/v1/models/half_plus_two/versions/1')).json()).toEqual({
      model_version_status: [{ version: '1', state: 'AVAILABLE', status: ok }],
    });
    expect((await labelled('GET', '/v1/models/half_plus_two/labels/stable')).json()).toMatchObject({
      model_version_status: [{ version: '1' }],
    });
  });

  it('tells the signatures, with whole numbers of 64 bits as strings', async () => {
    const response = await labelled('GET', '/v1/models/half_plus_two/metadata');
    const tensor = (name: string) => ({
      dtype: 'DT_FLOAT',
      tensor_shape: { dim: [{ size: '-1', name: '' }], unknown_rank: false },
      name,
    });
    expect(response.json()).toEqual({
      model_spec: { name: 'half_plus_two', signature_name: '', version: '2' },
      metadata: {
        signature_def: {
          signature_def: {
            serving_default: {
              inputs: { x: tensor('x') },
              outputs: { y: tensor('y') },
              method_name: 'tensorflow/serving/predict',
              defaults: {},
            },
          },
        },
      },
    });
  });
});

it("describes a SavedModel's signatures as its graph does", async () => {
  const examples: TensorSpec = {
    name: 'inputs',
    datatype: 'BYTES',
    shape: [-1],
    graph: { name: 'tf_example:0', unknownRank: true },
  };
  const scores: TensorSpec = { name: 'scores', datatype: 'FP32', shape: [-1, 1], graph: { name: 'y:0' } };
  const method = 'tensorflow/serving/classify';
  const signature: Signature = { inputs: [examples], outputs: [scores], methodName: method };
  const served = model({ signatures: { serving_default: signature }, compute: (inputs) => inputs });
  const response = await send([served])('GET', '/v1/models/half_plus_two/metadata');
  const dim = ['-1', '1'].map((size) => ({ size, name: '' }));
  expect(response.json()).toMatchObject({
    metadata: {
      signature_def: {
        signature_def: {
          // As in saved_model_half_plus_two_2_versions_metadata.json of TensorFlow Serving.
          serving_default: {
            inputs: {
              inputs: { dtype: 'DT_STRING', tensor_shape: { dim: [], unknown_rank: true }, name: 'tf_example:0' },
            },
            outputs: { scores: { dtype: 'DT_FLOAT', tensor_shape: { dim, unknown_rank: false }, name: 'y:0' } },
            method_name: method,
            defaults: {},
          },
        },
      },
    },
  });
});

describe('examples for a signature that parses them itself', () => {
  const Example = loadSync(join(import.meta.dirname, '../../../runtime/proto/tensorflow/framework.proto')).lookupType(
    'tensorflow.Example',
  );
  const received: unknown[] = [];
  const served = (methodName: string | undefined, more: Partial<TensorSpec> = {}) =>
    model({
      signatures: {
        serving_default: {
          inputs: [{ name: 'inputs', datatype: 'BYTES', shape: [-1], ...more }],
          outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 1] }],
          methodName,
        },
      },
      compute: (inputs) => {
        const { data, shape } = inputs[0]!;
        const toObject = (each: Buffer) => Example.toObject(Example.decode(each), { longs: String, bytes: String });
        received.splice(0, Number.POSITIVE_INFINITY, ...(data as Buffer[]).map(toObject));
        const scores = Float32Array.from(received, (_, row) => row);
        return [{ name: 'scores', datatype: 'FP32', shape: [shape[0]!, 1], data: scores }];
      },
    });
  const call = async (methodName: string | undefined, method: string, examples: object[]) =>
    (await send([served(methodName)])('POST', `/v1/models/half_plus_two:${method}`, { examples })).json();
  const examples = [{ x: [0.5, -1.5], inputs: 'text', n: [-1, 300] }, {}];

  it.each([
    ['classify', { results: [[['', 0]], [['', 1]]] }],
    ['regress', { results: [0, 1] }],
  ])('are serialized for %s', async (method, answer) => {
    expect(await call(`tensorflow/serving/${method}`, method, examples)).toEqual(answer);
    expect(received).toEqual([
      {
        features: {
          feature: {
            x: { floatList: { value: [0.5, -1.5] } },
            inputs: { bytesList: { value: [Buffer.from('text').toString('base64')] } },
            n: { int64List: { value: ['-1', '300'] } },
          },
        },
      },
      { features: {} },
    ]);
  });

  it('are serialized for a predict signature unless a feature has the name of its input', async () => {
    const method = 'tensorflow/serving/predict';
    expect(await call(method, 'regress', [{ x: 1 }])).toEqual({ results: [0] });
    expect(received).toEqual([{ features: { feature: { x: { int64List: { value: ['1'] } } } } }]);
  });

  it('are not serialized for models of other formats', async () => {
    expect(await call(undefined, 'regress', [{ x: 1 }])).toEqual({
      error: expect.stringContaining('Feature: inputs (data type: BYTES) is required'),
    });
  });
});

describe('classify and regress', () => {
  const features: TensorSpec[] = [
    { name: 'size', datatype: 'FP32', shape: [-1, 2] },
    { name: 'kind', datatype: 'INT64', shape: [-1] },
  ];
  const scores = model({
    inputs: features,
    outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 2], labels: ['no', 'yes'] }],
    compute: ([size]) => [{ ...size!, name: 'scores' }],
  });
  const sum = model({
    inputs: features,
    compute: ([size, kind]) => {
      const data = Float32Array.from(
        kind!.data as BigInt64Array,
        (value, row) => Number(value) + (size!.data[2 * row] as number),
      );
      return [{ name: 'y', datatype: 'FP32', shape: [data.length, 1], data }];
    },
  });
  const call = (served: typeof scores, method: string, body: object | string) =>
    send([served])('POST', `/v1/models/half_plus_two:${method}`, body);

  it('classifies each example, with labels of the signature', async () => {
    const response = await call(scores, 'classify', {
      examples: [
        { size: [0.25, 0.75], kind: 1 },
        { size: [1, 0], kind: [2], extra: 'x' },
      ],
    });
    expect(response.text).toBe(
      '{\n    "results": [[["no", 0.25], ["yes", 0.75]], [["no", 1.0], ["yes", 0.0]]\n    ]\n}',
    );
  });

  it('takes labels from an output of bytes', async () => {
    const labelled = model({
      inputs: features,
      compute: ([size]) => [
        { ...size!, name: 'scores' },
        { name: 'classes', datatype: 'BYTES', shape: [1, 2], data: [Buffer.from('a'), Buffer.from('b')] },
      ],
    });
    const response = await call(labelled, 'classify', { examples: [{ size: [0.5, 1.5], kind: 1 }] });
    expect(response.json()).toEqual({
      results: [
        [
          ['a', 0.5],
          ['b', 1.5],
        ],
      ],
    });
  });

  it('regresses each example, with the features of the context where it has none itself', async () => {
    const response = await call(
      sum,
      'regress',
      '{"context": {"kind": 10, "size": [9, 9]}, "examples": [{"size": [0.5, 0.0]}, {"size": [1, 0], "kind": true}]}',
    );
    expect(response.text).toBe('{\n    "results": [10.5, 2.0]\n}');
  });

  it.each<[string, string]>([
    ['{}', "key 'examples' is expected and was not found"],
    ['{"examples": []}', "'examples' value is an empty array"],
    ['{"examples": {}}', "Expecting 'examples' value to be an list/array"],
    ['{"examples": [1]}', 'Example must be JSON object but got JSON Number'],
    ['{"examples": [[]]}', 'Example must be JSON object but got JSON Array'],
    ['{"examples": [{"size": null}]}', 'Feature: size has element with unexpected JSON type: Null'],
    ['{"examples": [{"size": [[1]]}]}', 'Feature: size has element with unexpected JSON type: Array'],
    ['{"examples": [{"size": {"a": 1}}]}', 'Feature: size has element with unexpected JSON type: Object'],
    ['{"examples": [{"size": [1, 2.5]}]}', 'Unexpected element type in feature: size expecting type: int64'],
    ['{"examples": [{"kind": 9223372036854775808}]}', 'Feature: kind has uint64 element. Only int64 is supported.'],
    ['{"examples": [{"size": [1, 2]}]}', 'Feature: kind (data type: INT64) is required but could not be found'],
    ['{"examples": [{"size": [1], "kind": 1}]}', 'Feature: size has 1 values in example 0, 2 are needed'],
    ['{"examples": [{"size": [1, 2], "kind": 1.5}]}', "Feature: kind. Data types don't match"],
    ['{"examples": [{"size": ["a", "b"], "kind": 1}]}', "Feature: size. Data types don't match"],
    ['{"examples": [{"size": [1, 2], "kind": 1}], "examples": []}', 'the name examples is given twice'],
    ['{"signature_name": "none", "examples": [{}]}', 'not found in signature def'],
    ['', 'JSON Parse error: The document is empty'],
  ])('refuses %s', async (body, message) => {
    const response = await call(scores, 'classify', body);
    expect(response.json()).toEqual({ error: expect.stringContaining(message) });
    expect(response.status).toBe(400);
  });

  it('refuses examples that would take many times as much memory as the request', async () => {
    for (const [count, example] of [
      [2 ** 18 + 1, '{}'],
      [2 ** 16 + 1, '{"a":"","b":1}'],
    ] as const) {
      const response = await call(scores, 'classify', `{"examples":[${new Array(count).fill(example).join()}]}`);
      expect(response.json()).toEqual({ error: expect.stringContaining('may hold 262144 texts or examples') });
      expect(response.status).toBe(400);
    }
  });

  it('refuses to regress what gives several values', async () => {
    const response = await call(scores, 'regress', { examples: [{ size: [1, 2], kind: 1 }] });
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining('[1] or [1, 1] but got [1,2]') });
  });
});
