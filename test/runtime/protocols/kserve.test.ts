import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import type { TextTokens } from '../../../runtime/src/engines/engine.js';
import { AdditiveExplainer } from '../../../runtime/src/explain/additive-explainer.js';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import { LARGE_BODY_BYTES } from '../../../runtime/src/server/codec.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';
import { describeServers } from '../../support/every-server.js';
import { expectNear } from '../../support/near.js';
import { writePackage } from '../../support/packages.js';
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

/** Explanation of one instance in a response. */
interface Explained {
  readonly base_values: number[];
  readonly shap_values: number[][];
  readonly method: string;
  readonly link: string;
}

const REFERENCE = join(import.meta.dirname, '../explain/reference');
const SHAP = JSON.parse(readFileSync(join(REFERENCE, 'shap.json'), 'utf8')) as {
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly instances: number[][];
        readonly background: number[][];
        readonly interventional: { readonly base: number[]; readonly values: number[][][] };
      }
    >
  >;
};

const linearForm = (weights: readonly number[]) =>
  ({ kind: 'linear', coefficients: Float64Array.from(weights), intercepts: new Float64Array(1) }) as const;

/** Writes a package of the forest, with the rows of its background. */
function forestPackage(background?: readonly number[][]): string {
  const inputs: Manifest['inputs'] = [{ name: 'X', datatype: 'FP32', shape: [-1, 5] }];
  const outputs: Manifest['outputs'] = [
    { name: 'output_label', datatype: 'INT64', shape: [-1] },
    { name: 'output_probability', datatype: 'FP32', shape: [-1, 3], labels: ['0', '1', '2'] },
  ];
  const rows = background && {
    inputs: [{ name: 'X', datatype: 'FP32', shape: [background.length, 5], data: background.flat() }],
  };
  const content = {
    'model.onnx': readFileSync(join(REFERENCE, 'forest.onnx')),
    'samples.json': '[]',
    ...(rows && { 'background.json': JSON.stringify(rows) }),
  };
  return writePackage({ content, inputs, outputs, ...(background && { background: { rows: background.length } }) });
}

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
          method: 'sampled',
          link: 'identity',
        },
        {
          base_values: [2, 3],
          shap_values: [
            [-4, -2],
            [2, 0],
          ],
          method: 'sampled',
          link: 'identity',
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
          method: 'sampled',
          link: 'identity',
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
    [{ instances: [[1, 2]], parameters: { method: 'x' } }, 'parameter method is "x", must be one of interventional, '],
    [
      { instances: [[1, 2]], parameters: { method: 'interventional' } },
      'method interventional is for trees and linear',
    ],
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
    const body = { instances, parameters: { method: 'sampled' } };
    const response = await post(`${base}/v1/models/iris:explain`, JSON.stringify(body));
    expect(response.status).toBe(504);
    expect(await response.json()).toEqual({ error: 'no response within 0.05 s' });
  });

  it('computes what the shap package does for trees, from the file of the model', async () => {
    const { instances, background, interventional } = SHAP.cases['random forest in ONNX']!;
    const base = await serve({ model: forestPackage() });
    const send = async (parameters: object) => {
      const body = JSON.stringify({ instances, background, parameters });
      const response = await post(`${base}/v1/models/iris:explain`, body);
      return (await response.json()) as { explanations: Explained[]; error?: string };
    };
    const { explanations } = await send({});
    expect(explanations.map(({ method, link }) => [method, link])).toEqual(
      instances.map(() => ['interventional', 'identity']),
    );
    for (const [row, explained] of explanations.entries()) {
      expectNear(explained.shap_values.flat(), interventional.values[row]!.flat(), 1e-6);
      expectNear(explained.base_values, interventional.base, 1e-6);
    }
    const sampled = await send({ method: 'sampled', permutations: 200 });
    for (const [row, explained] of sampled.explanations.entries()) {
      expect(explained.method).toBe('sampled');
      expectNear(explained.shap_values.flat(), interventional.values[row]!.flat(), 0.03);
    }
    expect((await send({ method: 'path_dependent' })).error).toMatch(/path_dependent needs trees that record/);
  });

  it('samples where the trees of the file do not give the predictions', async () => {
    const explainerOf = (scale: number) =>
      new AdditiveExplainer({
        columns: 2,
        outputs: 1,
        links: ['identity'],
        form: linearForm([2 * scale, -scale]),
      });
    const compute =
      (scale: number, factor: number) =>
      ([x]: readonly Tensor[]) => {
        const [a, b] = x!.data as Float32Array;
        const rows = x!.shape[0]!;
        return [
          {
            name: 'y',
            datatype: 'FP32',
            shape: [rows],
            data: new Float32Array(rows).fill(scale * (2 * a! - factor * b!)),
          } as const,
        ];
      };
    // Small effects are compared on their own scale.
    const cases = [
      [1, 1],
      [1, 1.01],
      [1e-5, 1],
      [1e-5, 3],
    ] as const;
    const methods = cases.map(async ([scale, factor]) => {
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }] as const;
      const served = model({
        inputs,
        compute: compute(scale, factor),
        explanationData: async () => ({ explainer: explainerOf(scale) }),
      });
      const response = await send(served)('POST', EXPLAIN, { instances: [[3, 1]] });
      return (response.json() as { explanations: Explained[] }).explanations[0]!.method;
    });
    expect(await Promise.all(methods)).toEqual(['interventional', 'sampled', 'interventional', 'sampled']);
  });

  it.each([
    ['exact', [2, -1], undefined, 'interventional'],
    ['sampled because no link fits', [3, -1], undefined, 'sampled'],
    ['sampled because the request says so', [2, -1], 'sampled', 'sampled'],
  ])('compares rows with the reference data once if effects are %s', async (_, weights, method, used) => {
    const explainer = new AdditiveExplainer({
      columns: 2,
      outputs: 1,
      links: ['identity'],
      form: linearForm(weights),
    });
    const compared: number[] = [];
    const served = model({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      manifest: { reference: { rows: 9 } } as Manifest,
      explanationData: async () => ({ explainer }),
      compute: ([x], { isMadeUp }) => {
        const values = x!.data as Float32Array;
        if (!isMadeUp) compared.push(...values);
        const data = Float32Array.from(
          { length: values.length / 2 },
          (_, row) => 2 * values[2 * row]! - values[2 * row + 1]!,
        );
        return [{ name: 'y', datatype: 'FP32', shape: [data.length], data }];
      },
    });
    const instances = [
      [3, 1],
      [0, 2],
    ];
    const response = await send(served)('POST', EXPLAIN, { instances, parameters: { method } });
    const { explanations } = response.json() as { explanations: Explained[] };
    expect(explanations.map((each) => each.method)).toEqual([used, used]);
    expect(compared).toEqual(instances.flat());
  });

  it('explains texts by scores of thousands of classes', async () => {
    const classes = 3000;
    const characters = Array.from('abcdefghij');
    const tokens = characters.map((text, start) => ({ id: start, text, special: false, start, end: start + 1 }));
    const served = model({
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
      manifest: { task: { type: 'text_classification' } } as Manifest,
      tokens: { tokenize: async () => [tokens] } as unknown as TextTokens,
      compute: ([texts]) => {
        const data = (texts!.data as readonly Buffer[]).flatMap(({ length }) =>
          new Array<number>(classes).fill(length),
        );
        return [{ name: 'y', datatype: 'FP32', shape: [texts!.shape[0]!, classes], data: Float32Array.from(data) }];
      },
    });
    const response = await send(served)('POST', EXPLAIN, { instances: [characters.join('')] });
    const { explanations } = response.json() as { explanations: Explained[] };
    expect(explanations[0]!.base_values).toEqual(new Array(classes).fill(0));
    const values = explanations[0]!.shap_values.flat();
    expect(values).toHaveLength(characters.length * classes);
    expect(values.filter((value) => Math.abs(value - 1) >= 1e-9)).toEqual([]);
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

describeServers(':explain of a large body', (start) => {
  it('has the exact effects, relative to the background in the package', async () => {
    const { instances, background, interventional } = SHAP.cases['random forest in ONNX']!;
    const server = start({ [ENVIRONMENT.model]: forestPackage(background) });
    const base = await server.url;
    for (const method of [undefined, 'interventional']) {
      const body = JSON.stringify({ instances, parameters: { method } }).padEnd(LARGE_BODY_BYTES);
      const response = await post(`${base}/v1/models/iris:explain`, body);
      const text = await response.text();
      expect(response.status, text).toBe(200);
      const { explanations } = JSON.parse(text) as { explanations: Explained[] };
      expect(explanations.map((each) => [each.method, each.link])).toEqual(
        instances.map(() => ['interventional', 'identity']),
      );
      for (const [row, explained] of explanations.entries()) {
        expectNear(explained.shap_values.flat(), interventional.values[row]!.flat(), 1e-6);
        expectNear(explained.base_values, interventional.base, 1e-6);
      }
    }
    const parameters = { method: 'path_dependent' };
    const body = JSON.stringify({ instances, parameters }).padEnd(LARGE_BODY_BYTES);
    const response = await post(`${base}/v1/models/iris:explain`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringContaining('path_dependent needs trees that record') });
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
