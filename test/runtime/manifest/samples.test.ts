import { describe, expect, it } from 'vitest';
import { decodeSamples, encodeSamples, type Sample } from '../../../runtime/src/manifest/samples.js';
import type { Signature } from '../../../runtime/src/tensor/tensor.js';

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [
    { name: 'label', datatype: 'INT64', shape: [-1] },
    { name: 'score', datatype: 'FP64', shape: [-1] },
  ],
};
const sample: Sample = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(0.1, 1 / 3) }],
  outputs: [
    { name: 'label', datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n ** 60n + 1n) },
    { name: 'score', datatype: 'FP64', shape: [1], data: Float64Array.of(1 / 3) },
  ],
};

describe('samples', () => {
  it('come back bit by bit', () => {
    expect(decodeSamples(Buffer.from(encodeSamples([sample, sample])), signature)).toEqual([sample, sample]);
    expect(decodeSamples(Buffer.from(encodeSamples([])), signature)).toEqual([]);
    expect(JSON.parse(encodeSamples([sample]))).toHaveLength(1);
  });

  it('take responses with what a server adds', () => {
    const [written] = JSON.parse(encodeSamples([sample])) as [{ response: object }];
    written.response = { model_name: 'm', model_version: '1', ...written.response };
    const exact = JSON.stringify([written]).replace('1152921504606847000', '1152921504606846977');
    expect(decodeSamples(Buffer.from(exact), signature)).toEqual([sample]);
  });

  it.each([
    ['{}', 'must be a JSON list'],
    ['[1]', 'a sample must be an object'],
    ['[{}]', 'must have a request and a response'],
    ['[{"other": 1}]', 'unknown member other'],
    ['[{"request": {"inputs": []}}]', 'input x is missing'],
    ['[] []', 'must not be followed'],
  ])('refuse %s', (text, message) => {
    expect(() => decodeSamples(Buffer.from(text), signature)).toThrow(message);
  });
});
