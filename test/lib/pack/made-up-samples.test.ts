import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceError, type Tensor } from '@modelship/runtime';
import { createRuntime, type LoadedModel, readConfig } from '@modelship/runtime/serve';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { madeUpSamples } from '../../../lib/pack/golden-samples.js';
import { packModel } from '../../../lib/pack/index.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-made-up-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TOLERANCE = { absolute: 1e-6, relative: 1e-5 };

/** Model of one input and one output. */
function model(compute: (values: Float32Array) => number[], size = 1): LoadedModel {
  const x = { name: 'x', datatype: 'FP32', shape: [-1, size] } as const;
  const y = { name: 'y', datatype: 'FP32', shape: [-1] } as const;
  return {
    signatures: { serving_default: { inputs: [x], outputs: [y] } },
    async run([input]): Promise<Tensor[]> {
      const data = Float32Array.from(compute(input!.data as Float32Array));
      return [{ ...y, shape: [data.length], data }];
    },
    async close() {},
  };
}

describe('a package without samples of the user', () => {
  it('has made-up ones with what the model gave, which every replica runs', async () => {
    const out = join(folder, 'iris');
    const source = join(import.meta.dirname, '../../../examples/iris/model.onnx');
    const { samples, digest } = await packModel({ source, name: 'iris', out });
    expect(samples).toMatchObject({ count: 4, madeUp: true });
    expect(await packModel({ source, name: 'iris', out })).toMatchObject({ digest });

    const [{ response }] = JSON.parse(readFileSync(join(out, 'samples.json'), 'utf8'));
    expect(response.outputs.map(({ name }: { name: string }) => name)).toEqual(['label', 'probabilities']);
    const runtime = createRuntime(readConfig({ MODELSHIP_MODEL: out, MODELSHIP_LOG_LEVEL: 'error' }));
    await runtime.load();
    expect(runtime.catalog.find('iris')!.examples).toHaveLength(4);
    await runtime.close();
  }, 60_000);

  it('has those that the model answers with the same each time', async () => {
    expect(
      await madeUpSamples(
        model((values) => [values[0]! * 2]),
        'onnx',
        TOLERANCE,
      ),
    ).toHaveLength(4);
    expect(
      await madeUpSamples(
        model(() => [Math.random()]),
        'onnx',
        TOLERANCE,
      ),
    ).toEqual([]);
  });

  it('has none whose response is not finite, or whose values are many', async () => {
    const overflows = model(([x]) => [x! > 100 ? Number.POSITIVE_INFINITY : x!]);
    expect(await madeUpSamples(overflows, 'onnx', TOLERANCE)).toHaveLength(3);
    const run = vi.fn(() => [1]);
    expect(await madeUpSamples(model(run, 6000), 'onnx', TOLERANCE)).toEqual([]);
    expect(run).not.toHaveBeenCalled();
  });

  it('has those before the first that the model rejects', async () => {
    const picky = model(([x]) => {
      if (x! < 0) throw new InferenceError('INVALID_ARGUMENT', 'x is negative');
      return [x!];
    });
    expect(await madeUpSamples(picky, 'onnx', TOLERANCE)).toHaveLength(2);
  });
});
