import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineFor } from '../../../runtime/src/engines/index.js';
import { differenceTogether } from '../../../runtime/src/scheduling/independence.js';
import { acceptedExamples, madeUpExamples } from '../../../runtime/src/scheduling/made-up-examples.js';
import { probeBatching } from '../../../runtime/src/scheduling/probe.js';
import { DATATYPES } from '../../../runtime/src/tensor/datatype.js';
import { shortFloatOf } from '../../../runtime/src/tensor/float16.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';

const EXACT = { absolute: 0, relative: 0 };
const spec = (datatype: (typeof DATATYPES)[number], shape: number[]) => ({ name: 'x', datatype, shape });
const modelOf = (run: (x: Tensor) => Tensor) => ({
  signatures: { serving_default: { inputs: [spec('FP32', [-1, 2])], outputs: [spec('FP32', [-1])] } },
  run: async ([x]: readonly Tensor[]) => [run(x!)],
  close: async () => {},
});
const firsts = (x: Tensor, change: (value: number) => number): Tensor => {
  const data = Float32Array.from({ length: x.shape[0]! }, (_, row) => change((x.data as Float32Array)[2 * row]!));
  return { ...x, shape: [x.shape[0]!], data };
};

describe('requests made up from a signature', () => {
  it.each(DATATYPES)('have values of %s that are valid and differ', (datatype) => {
    const examples = madeUpExamples({ inputs: [spec(datatype, [-1, 3])], outputs: [] });
    expect(examples).toHaveLength(4);
    for (const [x] of examples) {
      expect(x).toMatchObject({ name: 'x', datatype, shape: [1, 3] });
      expect(x!.data).toHaveLength(3);
    }
    if (datatype === 'FP16' || datatype === 'BF16') {
      const [x] = examples[3]!;
      for (const bits of x!.data as Uint16Array)
        expect(Number.isFinite(shortFloatOf(datatype)!.toNumber(bits))).toBe(true);
    }
    if (datatype !== 'BYTES') expect(new Set(examples.map(([x]) => String(x!.data))).size).toBeGreaterThan(1);
  });

  it('are none where their size is unknown or large', () => {
    expect(madeUpExamples({ inputs: [spec('FP32', [-1, -1])], outputs: [] })).toEqual([]);
    expect(madeUpExamples({ inputs: [{ ...spec('FP32', []), unknownRank: true }], outputs: [] })).toEqual([]);
    expect(madeUpExamples({ inputs: [spec('FP32', [-1, 5000, 5000])], outputs: [] })).toEqual([]);
  });

  it('let an ONNX model without samples run in batches, which none did', async () => {
    const path = join(import.meta.dirname, '../../../examples/iris/model.onnx');
    const model = await engineFor('onnx').load({ path, format: 'onnx' }, {});
    try {
      const examples = await acceptedExamples(model);
      expect(examples).toHaveLength(4);
      const batching = await probeBatching(model, examples, { absolute: 1e-5, relative: 1e-4 }, true);
      expect(batching.signatures).toEqual(['serving_default']);
      expect(batching.maxRows).toBeGreaterThan(1);
    } finally {
      await model.close();
    }
  });

  it('do not let a model batch that sorts rows, or that responds alike to all', async () => {
    const sorting = modelOf((x) => {
      const answer = firsts(x, (value) => value);
      return { ...answer, data: (answer.data as Float32Array).toSorted() };
    });
    const constant = modelOf((x) => firsts(x, () => 7));
    const fine = modelOf((x) => firsts(x, (value) => value / 2));
    for (const [model, difference] of [
      [sorting, /outside the tolerance|got .*|x\[/],
      [constant, /responds alike to all made-up rows; pack it with `--samples`/],
      [fine, /^undefined$/],
    ] as const) {
      const examples = await acceptedExamples(model);
      const trial = { model, signatureName: 'serving_default', examples, tolerance: EXACT, maxRows: 4 };
      expect(String(await differenceTogether({ ...trial, needsDifferentResponses: true }))).toMatch(difference);
    }
  });
});
