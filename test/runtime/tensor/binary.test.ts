import { describe, expect, it } from 'vitest';
import { tensorBytes, tensorFromBytes } from '../../../runtime/src/tensor/binary.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';

it('refuses texts that would take many times as much memory as the request', () => {
  const count = 2 ** 18 + 1;
  expect(() => tensorFromBytes('x', 'BYTES', [count], Buffer.alloc(4 * count))).toThrow('may hold 262144 texts');
});

describe('tensors as raw bytes', () => {
  it('are views where their alignment allows it, and copies elsewhere', () => {
    const memory = Buffer.from(new ArrayBuffer(16));
    memory.writeFloatLE(1.5, 4);
    memory.writeFloatLE(2.5, 9);
    const view = tensorFromBytes('x', 'FP32', [1], memory.subarray(4, 8));
    expect((view.data as Float32Array).buffer).toBe(memory.buffer);
    expect(tensorFromBytes('x', 'FP32', [1], memory.subarray(9, 13)).data).toEqual(Float32Array.of(2.5));
  });

  it('come back as they went', () => {
    const tensors = [
      { name: 'x', datatype: 'INT64' as const, shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) },
      { name: 'x', datatype: 'FP16' as const, shape: [1, 2], data: Uint16Array.of(1, 65535) },
      { name: 'x', datatype: 'BYTES' as const, shape: [3], data: ['a', '', 'bcd'].map((text) => Buffer.from(text)) },
      { name: 'x', datatype: 'FP64' as const, shape: [], data: Float64Array.of(Math.PI) },
      { name: 'x', datatype: 'FP32' as const, shape: [0, 4], data: new Float32Array(0) },
    ];
    for (const tensor of tensors) {
      expect(tensorFromBytes('x', tensor.datatype, tensor.shape, tensorBytes(tensor))).toEqual(tensor);
    }
  });

  it.each([
    ['FP32', [2], Buffer.alloc(7), 'got 7 bytes of data, shape [2] of FP32 takes 8'],
    ['FP32', [2 ** 40, 2 ** 40], Buffer.alloc(8), 'got 8 bytes of data'],
    ['BOOL', [1], Buffer.from([2]), 'got the byte 2, BOOL takes 0 and 1'],
    ['BYTES', [1], Buffer.from([1, 0]), 'the data ends inside element 0'],
    ['BYTES', [1], Buffer.from([2, 0, 0, 0, 65]), 'the data ends inside element 0'],
    ['BYTES', [1], Buffer.from([255, 255, 255, 255]), 'the data ends inside element 0'],
    ['BYTES', [2], Buffer.from([0, 0, 0, 0]), 'got 1 elements, shape [2] takes 2'],
    ['BYTES', [1], Buffer.alloc(8), 'elements, shape [1] takes 1'],
  ] as const)('of %s and shape %j refuse other bytes', (datatype, shape, bytes, message) => {
    const read = () => tensorFromBytes('x', datatype, shape, bytes);
    expect(read).toThrow(InferenceError);
    expect(read).toThrow(message);
  });
});
