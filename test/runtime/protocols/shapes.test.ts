import { describe, expect, it } from 'vitest';
import { type Manifest, withInputRules } from '../../../runtime/src/manifest/index.js';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';
import { npyFromTensor } from '../../../runtime/src/tensor/npy.js';
import type { Tensor, TensorSpec } from '../../../runtime/src/tensor/tensor.js';
import { catalog, model, sender } from './support.js';

// The engines of all these formats receive only requests that match the signature, so each error has one text. A
// SavedModel may accept more shapes than it declares: its engine compares them once the graph has rejected a request.
const FORMATS = ['onnx', 'torchscript', 'exported_program', 'torch_pickle', 'pickle', 'lightgbm'] as const;

const inputs: TensorSpec[] = [{ name: 'features', datatype: 'FP64', shape: [-1, 4] }];

function served(format: Manifest['format']): ServedModel {
  return model({
    inputs,
    signatures: withInputRules(format, { serving_default: { inputs, outputs: inputs } }),
    manifest: { format } as Manifest,
    compute: () => {
      throw new Error('the engine was asked');
    },
  });
}

const tensor = (shape: number[]): Tensor => {
  const data = new Float64Array(shape.reduce((one, other) => one * other, 1));
  return { name: 'features', datatype: 'FP64', shape, data };
};
const openTensor = (datatype: string, shape: number[]) => ({
  inputs: [{ name: 'features', datatype, shape, data: [...(tensor(shape).data as Float64Array)] }],
});

const JSON_TYPE = 'application/json';
const TFS = '/v1/models/half_plus_two:predict';
const V2 = '/v2/models/half_plus_two/infer';
const WIDTH = 'input features: got shape [1,3], the model takes [-1,4] where -1 is any size';
const RANK = 'input features: got shape [4], the model takes [-1,4] where -1 is any size';

describe.each(FORMATS)('a model of the format %s', (format) => {
  it.each<[string, string, string | Buffer | object, string, string]>([
    ['a wrong width', TFS, { instances: [[1, 2, 3]] }, JSON_TYPE, WIDTH],
    ['a wrong width', TFS, { inputs: [[1, 2, 3]] }, JSON_TYPE, WIDTH],
    ['a wrong width', V2, openTensor('FP64', [1, 3]), JSON_TYPE, WIDTH],
    ['a wrong width', '/invocations', { instances: [[1, 2, 3]] }, JSON_TYPE, WIDTH],
    ['a wrong width', '/invocations', '1,2,3', 'text/csv', WIDTH],
    ['a wrong width', '/invocations', npyFromTensor(tensor([1, 3])), 'application/x-npy', WIDTH],
    ['a wrong width', '/invocations', openTensor('FP64', [1, 3]), JSON_TYPE, WIDTH],
    ['a wrong width', '/score', { input_data: [[1, 2, 3]] }, JSON_TYPE, WIDTH],
    ['a wrong width', '/score', { input_data: { columns: [0, 1, 2], data: [[1, 2, 3]] } }, JSON_TYPE, WIDTH],
    ['a wrong width', '/predict', { instances: [[1, 2, 3]] }, JSON_TYPE, WIDTH],
    ['a wrong width', '/predictions/half_plus_two', '[[1, 2, 3]]', JSON_TYPE, WIDTH],
    ['a wrong rank', TFS, { instances: [1, 2, 3, 4] }, JSON_TYPE, RANK],
    ['a wrong rank', V2, openTensor('FP64', [4]), JSON_TYPE, RANK],
    ['a wrong rank', '/invocations', npyFromTensor(tensor([4])), 'application/x-npy', RANK],
    [
      'a wrong datatype',
      V2,
      openTensor('INT64', [1, 4]),
      JSON_TYPE,
      'input features: got datatype INT64, the model takes FP64',
    ],
    [
      'a text',
      TFS,
      { instances: [['a', 1, 2, 3]] },
      JSON_TYPE,
      'JSON Value: "a" Type: String is not of expected type: double',
    ],
    ['a text', '/invocations', 'a,1,2,3', 'text/csv', 'CSV line 1, column 1: "a" is not FP64'],
  ])('rejects %s by %s', async (_, path, body, type, message) => {
    const send = sender(catalog([served(format)]), { vertexRoutes: { health: '/health', predict: '/predict' } });
    const { status, text } = await send('POST', path, body, { headers: { 'content-type': type } });
    const answer = JSON.parse(text);
    expect(answer.error ?? answer.message).toContain(message);
    expect(status).toBe(400);
  });
});
