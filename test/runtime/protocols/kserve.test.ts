import { describe, expect, it } from 'vitest';
import { kserve } from '../../../runtime/src/protocols/kserve/index.js';
import { tensorFlowServing } from '../../../runtime/src/protocols/tensorflow-serving/index.js';
import { catalog, halfPlusTwo, model, sender } from './support.js';

// 2a - b, and a + 1
const linear = model({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  compute: ([x]) => {
    const { data } = x!;
    const rows = Array.from({ length: x!.shape[0]! }, (_, row) => [Number(data[2 * row]), Number(data[2 * row + 1])]);
    return [
      {
        name: 'y',
        datatype: 'FP32',
        shape: [rows.length, 2],
        data: Float32Array.from(rows.flatMap(([a, b]) => [2 * a! - b!, a! + 1])),
      },
    ];
  },
});
const EXPLAIN = '/v1/models/half_plus_two:explain';
const send = (served = linear, status = false) => sender([kserve({ status }), tensorFlowServing()], catalog([served]));

describe(':explain', () => {
  it('tells how far each feature moves each output', async () => {
    const response = await send()('POST', EXPLAIN, {
      instances: [
        [3, 1],
        [0, 0],
      ],
      background: [
        [1, 1],
        [3, 3],
      ],
    });
    expect(response.json()).toEqual({
      explanations: [
        {
          base_values: [2, 3],
          shap_values: [
            [2, 1],
            [1, 0],
          ],
        },
        {
          base_values: [2, 3],
          shap_values: [
            [-4, -2],
            [2, 0],
          ],
        },
      ],
    });
  });

  it('stands zeros for absent features by default', async () => {
    const response = await send()('POST', EXPLAIN, { instances: [[3, 1]] });
    expect(response.json()).toEqual({
      explanations: [
        {
          base_values: [0, 1],
          shap_values: [
            [6, 3],
            [-1, 0],
          ],
        },
      ],
    });
  });

  it.each<[object | string, string]>([
    ['', 'the body must be a JSON object'],
    [{}, 'the body has no instances'],
    [{ instances: [] }, 'instances is empty'],
    [{ instances: 1 }, 'instances must be a list of rows'],
    [{ instances: [[1, 2, 3]] }, 'got shape [1,3], the model takes [-1,2]'],
    [{ instances: [[1, 2]], background: [[1]] }, 'background: got shape [1,1]'],
    [{ instances: [[1, 2]], parameters: 1 }, 'parameters must be a JSON object'],
    [{ instances: [[1, 2]], parameters: { permutations: 0 } }, 'parameter permutations is 0'],
    [{ instances: [[1, 2]], parameters: { seed: 'x' } }, 'parameter seed is "x"'],
    ['{"instances": [[NaN, 1]]}', 'JSON Value: NaN'],
  ])('refuses %j', async (body, message) => {
    const response = await send()('POST', EXPLAIN, body);
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining(message) });
  });

  it('refuses models that take text, or give no row for each', async () => {
    const text = model({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [-1] }], compute: (inputs) => inputs });
    expect((await send(text)('POST', EXPLAIN, { instances: ['a'] })).status).toBe(400);
    const scalar = model({ compute: () => [{ name: 'y', datatype: 'FP32', shape: [], data: Float32Array.of(1) }] });
    expect((await send(scalar)('POST', EXPLAIN, { instances: [1] })).status).toBe(400);
  });

  it('answers 404 for a model that is not there', async () => {
    const response = await send()('POST', '/v1/models/none:explain', {});
    expect(response.status).toBe(404);
    expect(response.json()).toEqual({ error: 'Model with name none does not exist.' });
  });
});

describe('questions about models', () => {
  it('are answered as TensorFlow Serving does, unless KServe is asked for', async () => {
    expect((await send()('GET', '/v1/models')).status).toBe(400);
    expect((await send()('GET', '/v1/models/half_plus_two')).json()).toHaveProperty('model_version_status');
    expect((await send(linear, true)('GET', '/v1/models')).json()).toEqual({ models: ['half_plus_two'] });
    expect((await send(linear, true)('GET', '/v1/models/half_plus_two')).json()).toEqual({
      name: 'half_plus_two',
      ready: true,
    });
    expect((await send(linear, true)('GET', '/v1/models/none')).status).toBe(404);
    expect((await send({ ...linear, state: 'LOADING' }, true)('GET', '/v1/models/half_plus_two')).status).toBe(503);
    expect((await send(linear, true)('GET', '/v1/models/half_plus_two/metadata')).json()).toHaveProperty('metadata');
  });

  it('and about life too', async () => {
    expect((await send(linear, true)('GET', '/')).json()).toEqual({ status: 'alive' });
  });

  it('leave predict as it is', async () => {
    expect(
      (await send(halfPlusTwo, true)('POST', '/v1/models/half_plus_two:predict', { instances: [1] })).json(),
    ).toEqual({
      predictions: [2.5],
    });
  });
});
