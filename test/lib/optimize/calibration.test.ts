import type { Signature, Tensor } from '@modelship/runtime';
import { expect, test } from 'vitest';
import type { SampledBatch } from '../../../lib/evaluate/row-sample.js';
import { calibrationRequests } from '../../../lib/optimize/calibration.js';

const signatureOf = (datatype: Tensor['datatype'], size: number): Signature => ({
  inputs: [{ name: 'x', datatype, shape: [-1, size] }],
  outputs: [],
});

async function* batches(count: number, rows: number, size: number): AsyncGenerator<SampledBatch> {
  for (let batch = 0; batch < count; batch++) {
    const places = Array.from({ length: rows }, (_, row) => ({ place: `row ${row}` }));
    const data = new Float32Array(rows * size).map((_, index) => batch + index);
    yield { rows: places as never, inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, size], data }] };
  }
}

test('rows follow the samples one by one, up to 256', async () => {
  const sample: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(7, Number.NaN) };
  const requests = await calibrationRequests(signatureOf('FP32', 2), [[sample]], batches(40, 10, 2));
  expect(requests).toHaveLength(1 + 260);
  expect(requests[0]).toEqual({ x: { data: [7, Number.NaN], datatype: 'FP32', shape: [1, 2] } });
  expect(requests[2]).toEqual({ x: { data: [2, 3], datatype: 'FP32', shape: [1, 2] } });
});

test('rows of a batch that has more numbers than can be passed on are taken as far as they go', async () => {
  const requests = await calibrationRequests(signatureOf('FP32', 10), [], batches(2, 70, 10), 666);
  expect(requests).toHaveLength(66);
});

test('a single row with more numbers is passed on', async () => {
  expect(await calibrationRequests(signatureOf('FP32', 10), [], batches(2, 1, 10), 5)).toHaveLength(1);
});

test('half floats are passed on as their numbers', async () => {
  const sample: Tensor = { name: 'x', datatype: 'FP16', shape: [1, 2], data: Uint16Array.of(0x3c00, 0xc000) };
  const [request] = await calibrationRequests(signatureOf('FP16', 2), [[sample]], undefined);
  expect(request!.x!.data).toEqual([1, -2]);
});

test('texts have no ranges', async () => {
  await expect(calibrationRequests(signatureOf('BYTES', 2), [], undefined)).rejects.toThrow(
    'the input x has the datatype BYTES, and ranges are taken from numbers. Use --to int8.',
  );
});
