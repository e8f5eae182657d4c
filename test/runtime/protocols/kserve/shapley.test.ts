import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Evaluate, shapleyValues } from '../../../../runtime/src/protocols/kserve/shapley.js';
import { expectNear } from '../../../support/near.js';

/** What `shap_golden.py` wrote: exact values by the shap package. */
interface Golden {
  readonly weights: number[][];
  readonly cases: readonly {
    readonly name: 'linear' | 'product';
    readonly background: number[][];
    readonly instances: number[][];
    readonly base: number[][];
    readonly values: number[][][];
  }[];
}

const golden = JSON.parse(readFileSync(new URL('shap-golden.json', import.meta.url), 'utf8')) as Golden;

const functions: Record<string, (row: number[]) => number[]> = {
  linear: (row) =>
    [0.5, -1].map((bias, output) => row.reduce((sum, x, i) => sum + x * golden.weights[i]![output]!, bias)),
  product: ([a, b, c, d, e]) => [a! * b! + Math.max(c!, 0) * d! + e! ** 2],
};

const evaluate =
  (name: string, features: number): Evaluate =>
  async (rows, count) =>
    Float64Array.from(
      Array.from({ length: count }, (_, row) =>
        functions[name]!([...rows.slice(row * features, (row + 1) * features)]),
      ).flat(),
    );

const question = (instance: number[], background: number[][], permutations = 1, seed = 1) => ({
  instance: Float64Array.from(instance),
  background: Float64Array.from(background.flat()),
  permutations,
  seed,
});

describe('Shapley values', () => {
  it.each(golden.cases)(
    'agree with the shap package on the $name model',
    async ({ name, background, instances, base, values }) => {
      for (const [index, instance] of instances.entries()) {
        // A linear model needs one order alone; the other is sampled, so that more orders come closer.
        const permutations = name === 'linear' ? 1 : 800;
        const explained = await shapleyValues(question(instance, background, permutations), evaluate(name, 5));
        expectNear(explained.base, base[index]!, 1e-9);
        expectNear(explained.values, values[index]!.flat(), name === 'linear' ? 1e-9 : 0.05);
      }
    },
  );

  it('add up to the answer of the model, however few orders are tried', async () => {
    const { background, instances } = golden.cases[1]!;
    const { base, values } = await shapleyValues(question(instances[0]!, background), evaluate('product', 5));
    expect(base[0]! + values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(
      functions.product!(instances[0]!)[0]!,
      9,
    );
  });

  it('are the same for the same seed', async () => {
    const { background, instances } = golden.cases[1]!;
    const run = (seed: number) => shapleyValues(question(instances[0]!, background, 1, seed), evaluate('product', 5));
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });

  it('evaluate in batches of bounded size', async () => {
    const sizes: number[] = [];
    const counting: Evaluate = (rows, count) => {
      sizes.push(count);
      return evaluate('product', 5)(rows, count);
    };
    const { background, instances } = golden.cases[1]!;
    await shapleyValues(question(instances[0]!, background, 60), counting);
    expect(sizes).toEqual([1024, 1024, 832]);
  });

  it('hold no more numbers at once than one batch has, however many features there are', async () => {
    const features = 3000;
    const sizes: number[] = [];
    let most = 0;
    const counting: Evaluate = async (rows, count) => {
      sizes.push(count);
      most = Math.max(most, rows.buffer.byteLength);
      return Float64Array.from(
        { length: count },
        (_, row) => rows[row * features]! + 2 * rows[(row + 1) * features - 1]!,
      );
    };
    const instance = new Array(features).fill(3);
    const { base, values } = await shapleyValues(question(instance, [new Array(features).fill(1)]), counting);
    expect(most).toBeLessThanOrEqual(2 ** 23);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2 * 3001);
    expect([...base, values[0], values[1], values.at(-1)]).toEqual([3, 2, 0, 4]);
  });
});
