import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { engineFor, type LoadedModel } from '../../../runtime/src/engines/index.js';
import { differenceTogether } from '../../../runtime/src/scheduling/independence.js';
import { probeBatching } from '../../../runtime/src/scheduling/probe.js';
import { invalid } from '../../../runtime/src/tensor/errors.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';
import { writePackage } from '../../support/packages.js';
import { IRIS, post, serve, stopAll } from '../faults/servers.js';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const tolerance = { absolute: 1e-5, relative: 1e-4 };

let model: LoadedModel | undefined;
afterEach(async () => {
  await model?.close();
  model = undefined;
  await stopAll();
});

async function load(path: string): Promise<LoadedModel> {
  model = await engineFor('onnx').load({ path, format: 'onnx' }, { threads: 1 });
  return model;
}

const tensor = (name: string, shape: readonly number[], ...values: number[]): Tensor[] => [
  { name, datatype: 'FP32', shape, data: Float32Array.from(values) },
];
const picture = (detections: number, id: number) => tensor('pictures', [1, 2], detections, id);

const together = (loaded: LoadedModel, ...examples: readonly (readonly Tensor[])[]) =>
  differenceTogether({ model: loaded, signatureName: 'serving_default', examples, tolerance, maxRows: 16 });

/** A model of one column that gives for all rows what `answer` makes of them. */
function column(answer: (values: Float32Array) => Float32Array): LoadedModel {
  const spec = { name: 'x', datatype: 'FP32', shape: [-1, 1] } as const;
  return {
    signatures: { serving_default: { inputs: [spec], outputs: [spec] } },
    async run([x]) {
      const data = answer(x!.data as Float32Array);
      return [{ ...x!, shape: [data.length, 1], data }];
    },
    async close() {},
  };
}

describe('requests that run together', () => {
  it('get what each gets alone where rows have nothing to do with each other', async () => {
    const loaded = await load(join(IRIS, 'model.onnx'));
    const flower = tensor('features', [1, 4], 5.1, 3.5, 1.4, 0.2);
    expect(await together(loaded, flower)).toBeUndefined();
    expect(await together(loaded, flower, tensor('features', [2, 4], 6, 3, 5, 2, 4, 3, 1, 1))).toBeUndefined();
  });

  it.each([
    ['shares of all rows, from samples', 'shares.onnx', [tensor('scores', [1, 1], 1), tensor('scores', [1, 1], 2)]],
    ['shares of all rows, from one sample', 'shares.onnx', [tensor('scores', [1, 1], 1)]],
    ['shares of all rows, from a sample of several', 'shares.onnx', [tensor('scores', [3, 1], 1, 2, 3)]],
    ['another number of rows', 'unnamed_detections.onnx', [picture(2, 7), picture(0, 9)]],
    ['another number of rows only for what is made up', 'unnamed_detections.onnx', [picture(1, 7), picture(1, 9)]],
  ])('are told from those that get %s', async (_, file, examples) => {
    const loaded = await load(join(FIXTURES, file));
    expect(await together(loaded, ...examples)).toMatch(/^(shares|detections|outputs)/);
  });

  it.each([
    ['sorts them up', column((values) => values.toSorted())],
    ['sorts them down', column((values) => values.toSorted().reverse())],
    ['takes the largest for all', column((values) => values.map(() => Math.max(...values)))],
    ['drops what is 0', column((values) => values.filter((value) => value !== 0))],
    ['takes one row only', column((values) => (values.length > 1 ? refuse() : values))],
  ])('are told from those of a model that %s', async (_, odd) => {
    expect(await together(odd, tensor('x', [1, 1], 4), tensor('x', [1, 1], 2))).toEqual(expect.any(String));
  });

  it('are not known to get the same where there are no two different ones', async () => {
    const picky = column((values) => (values.some((value) => value !== 4) ? refuse() : values));
    expect(await together(picky, tensor('x', [1, 1], 4))).toBe('the model accepts no two different rows to compare');
  });

  it('may differ by as much as the package allows', async () => {
    const noisy = column((values) => values.map((value) => value + (values.length > 1 ? 1e-6 : 0)));
    expect(await together(noisy, tensor('x', [1, 1], 4))).toBeUndefined();
    const noisier = column((values) => values.map((value) => value + (values.length > 1 ? 0.01 : 0)));
    expect(await together(noisier, tensor('x', [1, 1], 4))).toMatch(/^x\[0\] is 4.01/);
  });
});

function refuse(): never {
  throw invalid('the model rejected the input');
}

it('has batches of the signatures only that keep rows apart, and of those that can be tried', async () => {
  const half = column((values) => values.map((value) => value / 2));
  const spec = half.signatures.serving_default!;
  const wide = { name: 'x', datatype: 'FP32', shape: [-1, 2] } as const;
  const loaded: LoadedModel = {
    ...half,
    signatures: { serving_default: spec, total: spec, wide: { ...spec, inputs: [wide] } },
    async run(inputs, signatureName) {
      if (signatureName !== 'total') return half.run(inputs);
      const [x] = inputs;
      const sum = (x!.data as Float32Array).reduce((total, value) => total + value, 0);
      return [{ ...x!, data: (x!.data as Float32Array).map(() => sum) }];
    },
  };
  const { maxRows, signatures, obstacle } = await probeBatching(withCost(loaded), [tensor('x', [1, 1], 4)], tolerance);
  expect(maxRows).toBeGreaterThan(1);
  expect(signatures).toEqual(['serving_default']);
  expect(obstacle).toMatch(/^batched requests of total get other predictions than when run alone: x\[0\] is /);
});

/** One whose runs take the same time for any number of rows. */
function withCost(loaded: LoadedModel): LoadedModel {
  return {
    ...loaded,
    async run(inputs, signatureName) {
      await new Promise((later) => setTimeout(later, 2));
      return loaded.run(inputs, signatureName);
    },
  };
}

describe('clients that ask at once', () => {
  const json = ({ name, shape, datatype, data }: Tensor) => ({
    name,
    shape,
    datatype,
    data: [...(data as Float32Array)],
  });

  function packed(file: string, input: Tensor, output: Tensor): string {
    const samples = [{ request: { inputs: [json(input)] }, response: { model_name: 'm', outputs: [json(output)] } }];
    const open = ({ name, datatype, shape }: Tensor) => ({ name, datatype, shape: [-1, ...shape.slice(1)] });
    return writePackage({
      name: 'm',
      inputs: [open(input)],
      outputs: [open(output)],
      samples: { count: 1, tolerance },
      content: { 'model.onnx': readFileSync(join(FIXTURES, file)), 'samples.json': JSON.stringify(samples) },
    });
  }

  async function ask(base: string, inputs: readonly Tensor[]): Promise<readonly number[]> {
    const response = await post(`${base}/v2/models/m/infer`, JSON.stringify({ inputs: inputs.map(json) }));
    expect(response.status).toBe(200);
    const { outputs } = (await response.json()) as { outputs: readonly { data: readonly number[] }[] };
    return outputs[0]!.data;
  }

  it.each(['detections.onnx', 'unnamed_detections.onnx'])('get their own rows of %s', async (file) => {
    const [sample] = tensor('detections', [1, 2], 1, 5);
    const base = await serve({ model: packed(file, picture(1, 5)[0]!, sample!) });
    for (let round = 0; round < 20; round++) {
      const asked = Array.from({ length: 12 }, (_, index) => [index % 3, round * 100 + index] as const);
      const got = await Promise.all(asked.map(([count, id]) => ask(base, picture(count, id))));
      expect(got).toEqual(asked.map(([count, id]) => new Array(count).fill([count, id]).flat()));
    }
  });

  it('get shares of their own rows only', async () => {
    const scores = (...values: number[]) => tensor('scores', [values.length, 1], ...values);
    const [sample] = tensor('shares', [1, 1], 1);
    const base = await serve({ model: packed('shares.onnx', scores(1)[0]!, sample!) });
    for (let round = 0; round < 20; round++) {
      const got = await Promise.all([1, 2, 3, 4].map(() => ask(base, scores(0, 0))));
      expect(got).toEqual([1, 2, 3, 4].map(() => [0.5, 0.5]));
    }
  });
});
