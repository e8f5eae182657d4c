import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';
import { post, serve, stopAll } from '../faults/servers.js';
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
const send = (served = linear, status = false) => sender(catalog([served]), { kserveStatus: status });

afterEach(stopAll);

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

  it('refuses what would take too many rows over all instances, before the model is asked', async () => {
    const compute = vi.fn();
    const unasked = model({ inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }], compute });
    const ask = async (instances: number[][], parameters: object, background?: number[][]) => {
      const response = await send(unasked)('POST', EXPLAIN, { instances, background, parameters });
      expect(response.status).toBe(400);
      return (response.json() as { error: string }).error;
    };
    const rows = (count: number, features: number) => new Array(count).fill(new Array(features).fill(1));
    expect(await ask(rows(3000, 2), {})).toMatch(/takes 288000 rows of 2 features, 262144 are allowed in a call/);
    expect(await ask(rows(1, 2), { permutations: 1024 }, rows(50, 2))).toMatch(/takes 307200 rows/);
    expect(await ask(rows(1, 3000), {})).toMatch(/takes 96032 rows of 3000 features, 89478 are allowed/);
    expect(compute).not.toHaveBeenCalled();
  });

  it('refuses what would make too long an answer, after the first batch', async () => {
    const compute = vi.fn(([x]: readonly Tensor[]) => {
      const [count] = x!.shape as [number];
      return [{ name: 'y', datatype: 'FP32', shape: [count, 600], data: new Float32Array(count * 600) } as const];
    });
    const wide = model({ inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 900] }], compute });
    const instances = [new Array(900).fill(1), new Array(900).fill(2)];
    const response = await send(wide)('POST', EXPLAIN, { instances, parameters: { permutations: 1 } });
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({ error: expect.stringContaining('gives 1080000 numbers, 1048576 are allowed') });
    expect(compute).toHaveBeenCalledTimes(1);
  });

  it('gives up in the time that one request has, however many calls of the model are left', async () => {
    const base = await serve({ timeoutSeconds: 0.05 });
    const instances = new Array(1600).fill([5.1, 3.5, 1.4, 0.2]);
    const response = await post(`${base}/v1/models/iris:explain`, JSON.stringify({ instances }));
    expect(response.status).toBe(504);
    expect(await response.json()).toEqual({ error: 'no response within 0.05 s' });
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
