import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { models as changeable } from '../models/model-folders.js';
import { catalog, halfPlusTwo, model, sender } from '../protocols/support.js';
import { damaged, requestLike } from './arbitraries.js';

const mixed: TensorSpec[] = [
  { name: 'x', datatype: 'FP32', shape: [-1, 2] },
  { name: 'text', datatype: 'BYTES', shape: [-1] },
];
const models = [halfPlusTwo, model({ name: 'mixed', inputs: mixed, outputs: mixed, compute: (inputs) => inputs })];
const vertexRoutes = { health: '/health', predict: '/predict' };
const one = sender(catalog(models.slice(0, 1)), { vertexRoutes });
const two = sender(catalog(models), { vertexRoutes, kserveStatus: true });

// Callers may change what is served, from a folder that holds nothing.
const { controlled } = changeable();
await controlled.start([], [{ location: mkdtempSync(join(tmpdir(), 'modelship-fuzz-')) }]);
const changing = sender(catalog(models, { control: controlled }));

const eventParts = ['specversion', 'source', 'type', 'data_base64'];
const names = ['instances', 'inputs', 'outputs', 'data', 'input_data', 'examples', 'background', 'parameters'];
const parts = [
  'signature_name',
  'name',
  'shape',
  'datatype',
  'binary_data_size',
  'binary_data',
  'x',
  'y',
  'text',
  'id',
  'model_name',
  'url',
  'unload_dependents',
];

// What works, so that damage to it goes deep into the decoders.
const working = fc.constantFrom(
  '{"instances": [1, 2]}',
  '{"inputs": {"x": [1, 2]}}',
  '{"examples": [{"x": 0.5}]}',
  '{"instances": [{"x": [1, 2], "text": {"b64": "AAAA"}}]}',
  '{"id": "1", "inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "data": [1, 2]}], "outputs": [{"name": "y"}]}',
  '{"inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}]}12345678',
  '{"model_name": "a", "url": "/opt/ml/models/a"}',
  '{"parameters": {"unload_dependents": true}}',
  '[1, 2]',
  '{"specversion": "1.0", "id": "1", "source": "a", "type": "b", "data": {"instances": [1, 2]}}',
  '{"specversion": "1.0", "id": "1", "source": "a", "type": "b", "data_base64": "e30="}',
  '1\n2\n',
  '1,"2"\n3,4\n',
  '--line\r\nContent-Disposition: form-data; name="data"\r\n\r\n[1, 2]\r\n--line--\r\n',
);
const npy = fc.constant(
  Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00\x3b\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 'latin1'),
    Buffer.alloc(8),
  ]),
);
const bodies = fc.oneof(
  requestLike([...names, ...parts, ...eventParts]).map((text) => Buffer.from(text)),
  working.map((text) => Buffer.from(text)),
  damaged(
    fc.oneof(
      working.map((text) => Buffer.from(text)),
      npy,
    ),
  ),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
);

const segment = fc.constantFrom(
  'half_plus_two',
  'mixed',
  'none',
  '..',
  '%2e%2e',
  '%00',
  '%ff',
  '1',
  '99999999999999999999',
  'ü',
  '__proto__',
);
const paths = fc.oneof(
  fc
    .tuple(segment, fc.constantFrom('predict', 'classify', 'regress', 'explain', 'x'))
    .map(([m, v]) => `/v1/models/${m}:${v}`),
  fc.tuple(segment, segment).map(([m, v]) => `/v1/models/${m}/versions/${v}:predict`),
  fc.tuple(segment, segment).map(([m, v]) => `/v1/models/${m}/labels/${v}/metadata`),
  fc.tuple(segment, fc.constantFrom('infer', 'ready', 'config', 'x')).map(([m, v]) => `/v2/models/${m}/${v}`),
  fc.tuple(segment, fc.constantFrom('load', 'unload')).map(([m, v]) => `/v2/repository/models/${m}/${v}`),
  fc.tuple(segment, fc.constantFrom('', '/invoke')).map(([m, v]) => `/models/${m}${v}`),
  segment.map((m) => `/predictions/${m}`),
  segment.map((m) => `/predictions/half_plus_two/${m}`),
  fc.constantFrom(
    '/invocations',
    '/score',
    '/swagger.json',
    '/ping',
    '/predict',
    '/v2/repository/index',
    '/models',
    '/v1/',
    '/v1/models',
  ),
);
const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'application/jsonlines',
      'application/cloudevents+json',
      'text/csv',
      'application/x-npy',
      'application/x-npz',
      'application/octet-stream',
      'multipart/form-data; boundary=line',
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'x',
    ),
    accept: fc.constantFrom(
      'application/json',
      'text/csv',
      'application/x-npy',
      'application/x-npz',
      'application/jsonlines',
      '*/*',
      ',;,',
    ),
    'inference-header-content-length': fc.oneof(
      fc.nat({ max: 120 }).map(String),
      fc.constantFrom('-1', '0', '1e9', 'x'),
    ),
    'x-amzn-sagemaker-custom-attributes': fc.constantFrom('tfs-model-name=mixed', 'tfs-model-version=1', '=,=,%', 'x'),
    'x-request-id': fc.string({ maxLength: 120 }),
    'ce-specversion': fc.constantFrom('1.0', '0.1', ''),
    'ce-id': fc.constantFrom('1', ''),
    'ce-source': fc.constant('a'),
    'ce-type': fc.constant('b'),
  },
  { requiredKeys: [] },
);
const queries = fc.constantFrom('', 'version=3', 'version=%', '&&=');

describe('whatever is asked, no route answers with a fault of ours', () => {
  it.each([
    ['one model', one],
    ['two models', two],
    ['models that callers may change', changing],
  ])('of %s', async (_, send) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'DELETE'),
        paths,
        bodies,
        headers,
        queries,
        async (method, path, body, head, query) => {
          const response = await send(method, path, body, { headers: head, query });
          // FP16 apart, which these models do not take, nothing here is unimplemented.
          expect(response.status).toBeLessThan(500);
          if (response.status >= 400 && response.body.length > 0) expect(() => response.json()).not.toThrow();
        },
      ),
      { numRuns: 4000 },
    );
  });

  it('leaves the prototypes as they are', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});
