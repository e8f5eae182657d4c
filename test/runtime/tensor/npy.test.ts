import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Datatype, TensorData } from '../../../runtime/src/tensor/datatype.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import { npyFromTensor, tensorFromNpy } from '../../../runtime/src/tensor/npy.js';

const spec = { name: 'x', datatype: 'FP32' as const, shape: [-1, 2] };
const tensor = { name: 'x', datatype: 'FP32' as const, shape: [2, 2], data: Float32Array.of(1, 2, 3, 4.5) };

/** A file as NumPy writes it, header given. */
function npy(header: string, data = Buffer.alloc(0), version = 1): Buffer {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Buffer.from([version, 0]),
    length,
    Buffer.from(header),
    data,
  ]);
}

const doubles = Buffer.from(Float64Array.of(1, 2).buffer);

describe('npy', () => {
  it('reads what it wrote', () => {
    for (const shape of [[4], [2, 2], [1, 4, 1], []]) {
      const data = shape.length === 0 ? Float32Array.of(7) : tensor.data;
      expect(tensorFromNpy(spec, npyFromTensor({ ...tensor, shape, data }))).toEqual({ ...tensor, shape, data });
    }
  });

  it('starts the data where memory can be mapped', () => {
    const bytes = npyFromTensor(tensor);
    expect((bytes.length - 16) % 64).toBe(0);
    expect(bytes.toString('latin1', 10, bytes.length - 16)).toBe(
      `${"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }".padEnd(117)}\n`,
    );
  });

  it('converts the doubles that NumPy makes by default, and whole numbers, to floats', () => {
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }\n";
    const expected = { ...tensor, shape: [1, 2], data: Float32Array.of(1, 2) };
    expect(tensorFromNpy(spec, npy(header, doubles))).toEqual(expected);
    expect(tensorFromNpy(spec, npy(header, doubles, 2))).toEqual(expected);
    const longs = npy(
      "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }\n",
      Buffer.from(BigInt64Array.of(1n, 2n).buffer),
    );
    expect(tensorFromNpy(spec, longs)).toEqual(expected);
  });

  it.each([
    [Buffer.from('1,2'), 'is not a file written by numpy.save'],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }").subarray(0, 20), 'the header is truncated'],
    [npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"), 'got dtype |O'],
    [npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }"), 'got dtype <c8'],
    [npy("{'descr': '<U2', 'fortran_order': False, 'shape': (3,), }", doubles), 'shape [3] of texts takes 24'],
    [npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", doubles.subarray(1)), 'got 15 bytes of data'],
    [npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"), 'not that of an array of numbers'],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"), 'not that of an array of numbers'],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }", doubles), 'got 16 bytes of data'],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"), 'got 0 bytes of data'],
  ])('refuses a body, number %#', (bytes, message) => {
    expect(() => tensorFromNpy(spec, bytes)).toThrow(InferenceError);
    expect(() => tensorFromNpy(spec, bytes)).toThrow(message);
  });

  it('has float32 for bfloat16, which NumPy does not have', () => {
    const bytes = npyFromTensor({ name: 'y', datatype: 'BF16', shape: [2], data: Uint16Array.of(0x3fc0, 0x7f7f) });
    const floats = tensorFromNpy({ name: 'y', datatype: 'FP32', shape: [2] }, bytes);
    expect(floats.data).toEqual(Float32Array.of(1.5, 2 ** 127 * (2 - 2 ** -7)));
  });

  it('does not narrow what is not of floats', () => {
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }\n";
    expect(() => tensorFromNpy({ ...spec, datatype: 'INT32' }, npy(header, doubles))).toThrow('input x takes <i4');
    const texts = [Buffer.alloc(2 ** 16, 'a'), ...Array<Buffer>(2 ** 10).fill(Buffer.from('a'))];
    expect(() => npyFromTensor({ name: 'y', datatype: 'BYTES', shape: [2 ** 10 + 1], data: texts })).toThrow(
      'output y: npy would take',
    );
  });

  it('never fails but with an InferenceError, on any bytes', () => {
    const file = npyFromTensor(tensor);
    fc.assert(
      fc.property(fc.nat({ max: file.length - 1 }), fc.uint8Array({ maxLength: 12 }), (at, bytes) => {
        const damaged = Buffer.from(file);
        damaged.set(bytes.subarray(0, damaged.length - at), at);
        try {
          tensorFromNpy(spec, damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(InferenceError);
        }
      }),
      { numRuns: 500 },
    );
  });

  /** What NumPy saves of the array that `expression` makes. */
  const saved = (expression: string, input?: Buffer): Buffer => {
    const script =
      'import sys, io, numpy as np; data = sys.stdin.buffer.read(); b = io.BytesIO(); ' +
      `np.save(b, ${expression}); sys.stdout.buffer.write(b.getvalue())`;
    const { stdout, status, stderr } = spawnSync('.venv/bin/python', ['-c', script], { input });
    expect(status, String(stderr)).toBe(0);
    return stdout;
  };

  it('is what NumPy itself reads and writes', () => {
    const doubled = saved('np.load(io.BytesIO(data)) * 2', npyFromTensor(tensor));
    expect(tensorFromNpy(spec, doubled)).toEqual({ ...tensor, data: Float32Array.of(2, 4, 6, 9) });
    const data = ['Åre', '', 'a\u{1F600}b'].map((text) => Buffer.from(text));
    const texts = { name: 'y', datatype: 'BYTES', shape: [3, 1], data } as const;
    const joined = saved("np.char.add(np.load(io.BytesIO(data)), '!')", npyFromTensor(texts));
    expect(tensorFromNpy({ ...texts, shape: [-1, 1] }, joined)).toEqual({
      ...texts,
      data: data.map((each) => Buffer.concat([each, Buffer.from('!')])),
    });
  });

  it.each<[string, Datatype, number[], TensorData]>([
    ["np.array([[1.5, 2], [3, 4]], order='F')", 'FP32', [2, 2], Float32Array.of(1.5, 2, 3, 4)],
    ['np.asfortranarray(np.arange(24.).reshape(2, 3, 4))', 'FP64', [2, 3, 4], Float64Array.from(Array(24).keys())],
    [
      "np.asfortranarray(np.array([['a', 'b'], ['c', 'd']]))",
      'BYTES',
      [2, 2],
      ['a', 'b', 'c', 'd'].map((text) => Buffer.from(text)),
    ],
    ["np.array([1.5, -2], '>f8')", 'FP32', [2], Float32Array.of(1.5, -2)],
    ["np.array([1, -2], '>i2')", 'INT16', [2], Int16Array.of(1, -2)],
    ["np.array([2**63 - 1], '>i8')", 'INT64', [1], BigInt64Array.of(2n ** 63n - 1n)],
    ["np.array([1.5, 65504], 'f2')", 'FP32', [2], Float32Array.of(1.5, 65504)],
    ['np.array([1.5, 70000])', 'FP16', [2], Uint16Array.of(0x3e00, 0x7c00)],
    ['np.array([1.5])', 'BF16', [1], Uint16Array.of(0x3fc0)],
    ["np.array([7, 8], 'i4')", 'INT64', [2], BigInt64Array.of(7n, 8n)],
    ["np.array([255], 'u1')", 'INT16', [1], Int16Array.of(255)],
    ['np.array([True, False])', 'FP32', [2], Float32Array.of(1, 0)],
    ["np.array(['Åre', ''])", 'BYTES', [2], [Buffer.from('Åre'), Buffer.from('')]],
    ["np.array(['Åre', 'a'], '>U3')", 'BYTES', [2], [Buffer.from('Åre'), Buffer.from('a')]],
    ["np.array([b'ab', b'\\xff'])", 'BYTES', [2], [Buffer.from('ab'), Buffer.from([0xff])]],
  ])('reads %s as %s', (expression, datatype, shape, data) => {
    expect(tensorFromNpy({ name: 'x', datatype, shape: [] }, saved(expression))).toEqual({
      name: 'x',
      datatype,
      shape,
      data,
    });
  });

  it.each([
    ['np.array([2**40])', 'INT32'],
    ['np.array([1.5])', 'INT64'],
    ["np.array(['1'])", 'FP32'],
    ['np.array([1.])', 'BYTES'],
    ["np.array([-1], 'i1')", 'UINT64'],
  ] as const)('refuses %s for %s, which cannot hold it', (expression, datatype) => {
    expect(() => tensorFromNpy({ name: 'x', datatype, shape: [] }, saved(expression))).toThrow('input x takes');
  });
});
