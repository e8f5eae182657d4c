import { availableParallelism } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoadedModel } from '../../../runtime/src/engines/engine.js';
import { applyBatching, placeModel, probeBatching } from '../../../runtime/src/scheduling/probe.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: vi.fn(() => 4),
}));

const example: Tensor[] = [{ name: 'x', datatype: 'FP32', shape: [1], data: Float32Array.of(1) }];

/** A model whose run takes as long as told for its rows and threads, by a clock that only it moves. */
function timed(milliseconds: (rows: number, threads: number) => number) {
  const places: number[] = [];
  const sizes: number[] = [];
  const spec = { name: 'x', datatype: 'FP32', shape: [-1] } as const;
  const model: LoadedModel = {
    signatures: { serving_default: { inputs: [spec], outputs: [spec] } },
    async run([x]) {
      sizes.push(x!.shape[0]!);
      vi.advanceTimersByTime(milliseconds(x!.shape[0]!, places.at(-1) ?? 1));
      return [x!];
    },
    async offload(threads) {
      places.push(threads);
    },
    async close() {},
  };
  return { model, places, sizes };
}

beforeEach(() => vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
afterEach(() => vi.useRealTimers());

/** A model of texts whose run takes as long as told for its rows and their length. */
function ofTexts(milliseconds: (rows: number, tokens: number) => number) {
  const ids = { name: 'input_ids', datatype: 'INT64', shape: [-1, -1] } as const;
  const text = { name: 'text', datatype: 'BYTES', shape: [-1] } as const;
  const length = { name: 'length', datatype: 'FP32', shape: [-1] } as const;
  let limit: ((tokens: number) => number) | undefined;
  const model: LoadedModel = {
    signatures: {
      serving_default: { inputs: [text], outputs: [length] },
      tensors: { inputs: [ids], outputs: [length] },
    },
    lengths: {
      max: 512,
      estimate: ([texts]) => Math.max(...(texts!.data as Buffer[]).map((bytes) => bytes.length)),
      example: (tokens) => [{ ...ids, shape: [1, tokens], data: new BigInt64Array(tokens) }],
      limitRows(maxRows) {
        limit = maxRows;
      },
      withRows(maxRows) {
        expect([1, 512].map(maxRows)).not.toEqual([1, 1]);
        return model;
      },
    },
    async run([input], signatureName) {
      const rows = input!.shape[0]!;
      if (signatureName === 'tensors') vi.advanceTimersByTime(milliseconds(rows, input!.shape[1]!));
      const data = Float32Array.from({ length: rows }, (_, row) => (input!.data[row] as Buffer).length ?? 0);
      return [{ ...length, shape: [rows], data }];
    },
    async close() {},
  };
  return { model, limit: (tokens: number) => limit!(tokens) };
}

describe('texts', () => {
  const texts = (...all: string[]): Tensor[] => [
    { name: 'text', datatype: 'BYTES', shape: [all.length], data: all.map((each) => Buffer.from(each)) },
  ];
  const examples = [texts('a text'), texts('another')];
  const EXACT = { absolute: 0, relative: 0 };

  it('run together by their length, long ones alone', async () => {
    // A run costs 1 ms and, for each text, what its tokens cost.
    const { limit, model } = ofTexts((rows, tokens) => 1 + rows * (tokens < 32 ? 0.1 : 1000));
    const batching = await probeBatching(model, examples, EXACT);
    expect(batching).toMatchObject({ maxRows: 64, signatures: ['serving_default'] });
    const { maxRowsWith, ...options } = applyBatching(model, batching);
    expect(options).toEqual({ maxBatchRows: 64, batchable: ['serving_default'] });
    expect([1, 16, 24, 25, 512].map(limit)).toEqual([64, 64, 64, 1, 1]);
    const rowsWith = (text: string) => maxRowsWith!(texts(text));
    expect([rowsWith('short'), rowsWith('long '.repeat(100))]).toEqual([64, 1]);
  });

  it('run together in another process by the same lengths, without a trial', async () => {
    const { model } = ofTexts((rows, tokens) => 1 + rows * (tokens < 32 ? 0.1 : 1000));
    const batching = await probeBatching(model, examples, EXACT);
    const other = ofTexts(() => {
      throw new Error('the model must not run');
    });
    const { maxRowsWith } = applyBatching(other.model, JSON.parse(JSON.stringify(batching)));
    expect([1, 16, 24, 25, 512].map(other.limit)).toEqual([64, 64, 64, 1, 1]);
    expect(maxRowsWith!(texts('short'))).toBe(64);
  });

  it('run alone if that is as fast', async () => {
    const { model } = ofTexts((rows) => rows * 10);
    expect(await probeBatching(model, examples, EXACT)).toEqual({ maxRows: 1, signatures: [] });
  });
});

describe('where a model runs', () => {
  it('is the event loop for what is short', async () => {
    const { model, places } = timed(() => 0.2);
    expect(await placeModel(model, example)).toBeUndefined();
    expect(places).toEqual([]);
  });

  it('is a thread of its own for what is long, with all the CPUs where they help', async () => {
    const { model, places } = timed((_, threads) => 8 / threads);
    await placeModel(model, example);
    expect(places).toEqual([4]);
  });

  it('is a thread of its own with one CPU where more are of no use', async () => {
    const { model, places } = timed(() => 8);
    await placeModel(model, example);
    expect(places).toEqual([4, 1]);
  });

  it('has the threads that were asked for, tried or not', async () => {
    const { model, places } = timed(() => 8);
    await placeModel(model, example, { threads: 2 });
    await placeModel(model, undefined, { threads: 3 });
    expect(places).toEqual([2, 3]);
  });

  it('has its share of the CPUs beside other processes of the server', async () => {
    const { model, places } = timed((_, threads) => 8 / threads);
    await placeModel(model, example, { processes: 2 });
    expect(places).toEqual([2]);
  });

  it('is a thread of its own for what cannot be tried', async () => {
    const { model, places, sizes } = timed(() => 0.1);
    await placeModel(model, undefined);
    expect(places).toEqual([availableParallelism()]);
    expect(sizes).toEqual([]);
  });

  it('stays what it is for an engine with processes of its own', async () => {
    const { model, sizes } = timed(() => 8);
    await placeModel({ ...model, offload: undefined }, example);
    expect(sizes).toEqual([]);
  });
});

/** How many rows of a model run together. */
async function batchRows(model: LoadedModel, examples = [example]): Promise<number> {
  return (await probeBatching(model, examples, { absolute: 0, relative: 0 })).maxRows;
}

describe('how many rows run together', () => {
  it('grows while a row gets cheaper', async () => {
    const { model } = timed((rows) => 1 + rows * 0.01);
    expect(await batchRows(model)).toBe(64);
  });

  it('stops where a row costs as much as before', async () => {
    const { model } = timed((rows) => Math.max(4, rows));
    expect(await batchRows(model)).toBe(4);
  });

  it('does not depend on one size that was disturbed', async () => {
    const { model } = timed((rows) => (rows === 4 ? 20 : 4 + rows * 0.01));
    expect(await batchRows(model)).toBe(64);
  });

  it('depends on the processor time of runs, not on other work of the machine', async () => {
    const { model } = timed(() => 5);
    const processorTime = async ([x]: readonly Tensor[]) => {
      await model.run([x!]);
      return Math.max(4, x!.shape[0]!) / 16;
    };
    // By elapsed time, 64 rows would be best.
    expect(await batchRows({ ...model, processorTime })).toBe(4);
  });

  it('is no longer measured once the trial is ended', async () => {
    const { model, sizes } = timed((rows) => 1 + rows * 0.01);
    const end = new AbortController();
    const run: LoadedModel['run'] = (inputs) => {
      if (sizes.length === 3) end.abort();
      return model.run(inputs);
    };
    const trial = probeBatching({ ...model, run }, [example], { absolute: 0, relative: 0 }, false, end.signal);
    await expect(trial).rejects.toThrow(/abort/);
    expect(sizes).toHaveLength(4);
  });

  it('is one for a model that gains nothing, and for one without an example', async () => {
    const { model } = timed((rows) => rows);
    expect(await batchRows(model)).toBe(1);
    expect(await batchRows(model, [])).toBe(1);
  });

  it('is what the model takes at most', async () => {
    const { model } = timed((rows) => {
      if (rows > 8) throw new InferenceError('INVALID_ARGUMENT', 'the model rejected the input');
      return 1 + rows * 0.01;
    });
    expect(await batchRows(model)).toBe(4);
  });

  it('does not hide what is wrong with the server', async () => {
    const { model } = timed((rows) => {
      if (rows > 1) throw new TypeError('a mistake of ours');
      return 1;
    });
    await expect(batchRows(model)).rejects.toThrow('a mistake of ours');
  });

  it('does not try sizes that would hold up the start', async () => {
    const { model, sizes } = timed((rows) => 60 + rows);
    await batchRows(model);
    expect(Math.max(...sizes)).toBe(4);
  });

  it('is one for a model that says that its outputs have other rows, and it says so', async () => {
    const { model, sizes } = timed((rows) => 1 + rows * 0.01);
    const batching = await probeBatching({ ...model, givesOtherRows: true }, [example], { absolute: 0, relative: 0 });
    expect(batching).toMatchObject({ maxRows: 1, signatures: [], obstacle: expect.stringContaining('different rows') });
    expect(sizes.length).toBeGreaterThan(0);
  });
});
