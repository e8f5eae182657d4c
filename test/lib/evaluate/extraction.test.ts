import type { Tensor, TensorSpec } from '@modelship/runtime';
import { randomNumbers } from '@modelship/runtime/serve';
import { describe, expect, test } from 'vitest';
import { fitTree } from '../../../lib/evaluate/extraction/decision-tree.js';
import { type ExtractionOptions, extractionOf } from '../../../lib/evaluate/extraction/extraction.js';
import { fitLinear } from '../../../lib/evaluate/extraction/linear-model.js';
import type { SampledBatch } from '../../../lib/evaluate/row-sample.js';

const WIDTH = 4;
const SCORES: TensorSpec = { name: 'scores', datatype: 'FP64', shape: [-1, 3] };
const VALUE: TensorSpec = { name: 'y', datatype: 'FP64', shape: [-1] };
const LABEL: TensorSpec = { name: 'label', datatype: 'INT64', shape: [-1] };

const rowsIn = (data: Tensor['data']) =>
  Array.from({ length: data.length / WIDTH }, (_, row) => [
    ...(data as Float64Array).subarray(row * WIDTH, (row + 1) * WIDTH),
  ]);

/** Returns rows of columns of different scales. */
function batch(rows = 300): SampledBatch {
  const random = randomNumbers(11);
  const data = Float64Array.from({ length: rows * WIDTH }, (_, index) => (random() - 0.3) * 10 ** (index % WIDTH));
  return {
    rows: Array.from({ length: rows }, (_, row) => ({ place: `row ${row}`, label: 0 })),
    inputs: [{ name: 'x', datatype: 'FP64', shape: [rows, WIDTH], data }],
  };
}

/** Measures the copies of a model that predicts some numbers for each row. */
async function copied(
  spec: TensorSpec,
  model: (row: readonly number[]) => readonly number[],
  options: Partial<ExtractionOptions> = {},
) {
  const report = await extractionOf([batch()], {
    outputs: [spec],
    queries: 2000,
    requestRows: 256,
    predict: async ([input]) => {
      const values = rowsIn(input!.data).flatMap(model);
      const data = spec.datatype === 'INT64' ? BigInt64Array.from(values, BigInt) : Float64Array.from(values);
      return [{ ...spec, shape: [input!.shape[0]!, values.length / input!.shape[0]!], data }];
    },
    ...options,
  });
  return report!;
}

const softmax = (scores: readonly number[]) => {
  const powers = scores.map(Math.exp);
  const sum = powers.reduce((total, each) => total + each, 0);
  return powers.map((each) => each / sum);
};

const LOGISTIC = ([a, b, c, d]: readonly number[]) => softmax([a! + 0.1 * b!, 0.02 * c! - a!, 0.3 - 0.001 * d!]);

/** Number from 0 to 1 that depends on every digit of a row. */
const hash = (row: readonly number[]) => {
  let state = 7;
  for (const byte of Buffer.from(Float64Array.from(row).buffer)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  return randomNumbers(state)();
};

test('a logistic regression is copied exactly, and with few queries', async () => {
  const { agreement, rows, levels } = await copied(SCORES, LOGISTIC);
  expect({ agreement, rows }).toEqual({ agreement: 'same class', rows: 300 });
  expect(levels.map(({ queries }) => queries)).toEqual([20, 200, 2000]);
  expect(levels.map(({ linearModel }) => linearModel)).toEqual([1, 1, 1]);
  const [few, , many] = levels.map(({ decisionTree }) => decisionTree);
  expect(many).toBeGreaterThan(few!);
  expect(many).toBeLessThan(1);
});

test('linear scores that are not probabilities are copied exactly, though those of some rows are from 0 to 1', async () => {
  const { levels } = await copied(SCORES, ([a, b]) => [a!, 0.5 - a!, 0.1 * b!]);
  expect(levels.map(({ linearModel }) => linearModel)).toEqual([1, 1, 1]);
});

test('a linear regression is copied exactly', async () => {
  const { agreement, constant, levels } = await copied(VALUE, ([a, b]) => [3 * a! - b! + 5]);
  expect({ agreement, constant }).toEqual({ agreement: 'r2', constant: 0 });
  expect(levels.at(-1)!.linearModel).toBeCloseTo(1, 9);
});

test('steps along the columns are copied by a decision tree', async () => {
  const steps = ([a, b]: readonly number[]) => [a! > 0.2 ? 2 : b! > 1 ? 1 : 0];
  const { levels } = await copied(LABEL, steps);
  expect(levels.at(-1)!.decisionTree).toBeGreaterThan(0.98);
  expect(levels.at(-1)!.linearModel).toBeLessThan(levels.at(-1)!.decisionTree);
});

test('a model without a pattern is not copied', async () => {
  const { constant, levels } = await copied(LABEL, (row) => [Math.floor(hash(row) * 3)]);
  const { linearModel, decisionTree } = levels.at(-1)!;
  for (const agreement of [linearModel, decisionTree]) expect(agreement).toBeLessThan(constant + 0.1);
});

test('queries are as many as stated, and within the ranges of the columns', async () => {
  const seen: number[][] = [];
  await copied(VALUE, (row) => {
    seen.push([...row]);
    return [0];
  });
  const own = rowsIn(batch().inputs[0]!.data);
  const queries = seen.slice(own.length);
  expect(queries).toHaveLength(2000);
  for (let column = 0; column < WIDTH; column++) {
    const of = (rows: readonly (readonly number[])[]) => rows.map((row) => row[column]!);
    const [low, high] = [Math.min(...of(own)), Math.max(...of(own))];
    expect(of(queries).every((value) => value >= low && value <= high)).toBe(true);
    expect(Math.max(...of(queries)) - Math.min(...of(queries))).toBeGreaterThan(0.95 * (high - low));
  }
});

const texts = (values: readonly string[]): SampledBatch => ({
  rows: values.map((_, row) => ({ place: `row ${row}`, label: 0 })),
  inputs: [
    { name: 'color', datatype: 'BYTES', shape: [values.length], data: values.map((value) => Buffer.from(value)) },
  ],
});

test('categories are drawn from their values, and texts are an error', async () => {
  const seen = new Set<string>();
  const options: ExtractionOptions = {
    outputs: [LABEL],
    queries: 100,
    requestRows: 10,
    predict: async ([input]) => {
      const colors = (input!.data as Buffer[]).map(String);
      for (const color of colors) seen.add(color);
      return [
        { ...LABEL, shape: [colors.length], data: BigInt64Array.from(colors, (color) => (color === 'red' ? 1n : 0n)) },
      ];
    },
  };
  const report = await extractionOf([texts(['red', 'green', 'blue', 'red'])], options);
  expect(report!.levels.at(-1)).toEqual({ queries: 100, linearModel: 1, decisionTree: 1 });
  expect(seen).toEqual(new Set(['red', 'green', 'blue']));
  const different = texts(Array.from({ length: 60 }, (_, row) => `text ${row}`));
  await expect(extractionOf([different], options)).rejects.toThrow(/columns of numbers and categories only/);
});

test('texts are an error before all batches are read', async () => {
  const built: number[] = [];
  const batches = {
    *[Symbol.iterator]() {
      for (const index of [0, 1, 2]) {
        built.push(index);
        yield texts(Array.from({ length: 60 }, (_, row) => `text ${index} ${row}`));
      }
    },
  };
  const options = { outputs: [LABEL], queries: 100, requestRows: 10, predict: async () => expect.unreachable() };
  await expect(extractionOf(batches, options)).rejects.toThrow(/columns of numbers and categories only/);
  expect(new Set(built)).toEqual(new Set([0]));
});

test.each(['FP16', 'BF16'] as const)('columns of %s are drawn from their values', async (datatype) => {
  // The bits of 0, 1 and 2 in FP16, which do not fit into a byte.
  const data = Uint16Array.of(0x0000, 0x3c00, 0x4000);
  const rows = [0, 1, 2].map((row) => ({ place: `row ${row}`, label: 0 }));
  const seen = new Set<number>();
  await extractionOf([{ rows, inputs: [{ name: 'x', datatype, shape: [3], data }] }], {
    outputs: [VALUE],
    queries: 100,
    requestRows: 10,
    predict: async ([input]) => {
      expect(input!.data).toBeInstanceOf(Uint16Array);
      for (const value of input!.data as Uint16Array) seen.add(value);
      return [{ ...VALUE, shape: input!.shape, data: Float64Array.from(input!.data as Uint16Array) }];
    },
  });
  expect(seen).toEqual(new Set(data));
});

test('an interruption keeps the copies until then', async () => {
  const interruption = new AbortController();
  const step = (text: string) => text === '456 queries' && interruption.abort();
  const { levels } = await copied(SCORES, LOGISTIC, { signal: interruption.signal, step });
  expect(levels.map(({ queries }) => queries)).toEqual([20, 200]);
});

test.each([
  ['the rows of the data set', 2],
  ['the queries of the first copy', 4],
])('an interruption during %s has no report, and sends no more requests', async (_, last) => {
  const interruption = new AbortController();
  let requests = 0;
  const report = await extractionOf([batch(10), batch(10), batch(10)], {
    outputs: [VALUE],
    queries: 2000,
    requestRows: 10,
    signal: interruption.signal,
    predict: async ([input]) => {
      if (++requests === last) interruption.abort();
      const data = Float64Array.from(rowsIn(input!.data), ([a]) => a!);
      return [{ ...VALUE, shape: [data.length], data }];
    },
  });
  expect(report).toBeUndefined();
  expect(requests).toBe(last);
});

describe('surrogates', () => {
  const features = [
    [0, 5],
    [1, 5],
    [2, 5],
    [3, 5],
  ].map((row) => Float64Array.from(row));

  test('a linear model takes constant columns', () => {
    const { predict } = fitLinear(
      features,
      [1, 3, 5, 7].map((value) => Float64Array.of(value)),
    );
    expect(predict(Float64Array.of(10, 5))[0]).toBeCloseTo(21, 6);
  });

  test('a tree splits in the middle of two values, and has at least two rows in a leaf', () => {
    const { predict } = fitTree(
      features,
      [0, 1, 8, 9].map((value) => Float64Array.of(value)),
    );
    expect([0, 1.5, 1.51, 9].map((value) => predict(Float64Array.of(value, 5))[0])).toEqual([0.5, 0.5, 8.5, 8.5]);
  });
});
