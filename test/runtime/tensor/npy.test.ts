import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
    [Buffer.from('1,2'), 'does not start as a file of numpy.save'],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }").subarray(0, 20), 'the header is cut'],
    [npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", doubles), 'Fortran order'],
    [npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"), 'got dtype |O'],
    [npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }"), 'got dtype >f4'],
    [npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"), 'not that of an array of numbers'],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"), 'not that of an array of numbers'],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }", doubles), 'got 16 bytes of data'],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"), 'got 0 bytes of data'],
  ])('refuses a body, number %#', (bytes, message) => {
    expect(() => tensorFromNpy(spec, bytes)).toThrow(InferenceError);
    expect(() => tensorFromNpy(spec, bytes)).toThrow(message);
  });

  it('does not narrow what is not of floats', () => {
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }\n";
    expect(() => tensorFromNpy({ ...spec, datatype: 'INT32' }, npy(header, doubles))).toThrow('input x takes <i4');
    expect(() => npyFromTensor({ ...tensor, datatype: 'BYTES', data: [] })).toThrow('npy cannot carry BYTES');
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

  it('is what NumPy itself reads and writes', () => {
    const script =
      'import sys, io, numpy as np; a = np.load(io.BytesIO(sys.stdin.buffer.read())); b = io.BytesIO(); np.save(b, a * 2); sys.stdout.buffer.write(b.getvalue())';
    const { stdout, error } = spawnSync('.venv/bin/python', ['-c', script], { input: npyFromTensor(tensor) });
    expect(error, '`node scripts/setup.mjs --for test` makes .venv').toBeUndefined();
    expect(tensorFromNpy(spec, stdout)).toEqual({ ...tensor, data: Float32Array.of(2, 4, 6, 9) });
  });
});
