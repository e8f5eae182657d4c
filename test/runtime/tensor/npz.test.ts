import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkInputs } from '../../../runtime/src/tensor/check-inputs.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import { npzFromTensors, tensorsFromNpz } from '../../../runtime/src/tensor/npz.js';
import type { Signature, Tensor } from '../../../runtime/src/tensor/tensor.js';
import { readArchive, writeArchive } from '../../../runtime/src/tensor/zip-archive.js';
import { damaged } from '../fuzz/arbitraries.js';

const signature: Signature = {
  inputs: [
    { name: 'a', datatype: 'FP32', shape: [-1, 2] },
    { name: 'b', datatype: 'INT64', shape: [-1] },
  ],
  outputs: [],
};
const a: Tensor = { name: 'a', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4.5) };
const b: Tensor = { name: 'b', datatype: 'INT64', shape: [2], data: BigInt64Array.of(5n, -6n) };

/** What NumPy writes of the arrays that it reads. */
function numpy(save: string, input: Buffer): Buffer {
  const script = `import sys, io, numpy as np; z = np.load(io.BytesIO(sys.stdin.buffer.read())); b = io.BytesIO(); np.${save}(b, a=z['a'] * 2, b=z['b'] - 1); sys.stdout.buffer.write(b.getvalue())`;
  const { stdout, stderr, error } = spawnSync('.venv/bin/python', ['-c', script], { input });
  expect(error, '`node scripts/setup.mjs --for test` makes .venv').toBeUndefined();
  expect(stderr.toString()).toBe('');
  return stdout;
}

const refusal = (bytes: Buffer) =>
  tensorsFromNpz(signature, bytes)
    .then((inputs) => checkInputs(signature, inputs))
    .catch((error: unknown) => error);

describe('npz', () => {
  it.each(['savez', 'savez_compressed'])('is what NumPy itself reads, and writes by %s', async (save) => {
    const answer = numpy(save, await npzFromTensors([a, b]));
    expect(await tensorsFromNpz(signature, answer)).toEqual([
      { ...a, data: Float32Array.of(2, 4, 6, 9) },
      { ...b, data: BigInt64Array.of(4n, -7n) },
    ]);
  });

  it('is read by the names of the inputs, in any order', async () => {
    expect(await tensorsFromNpz(signature, await npzFromTensors([b, a]))).toEqual([a, b]);
  });

  it('must have what the model takes, once each', async () => {
    const refused = async (...tensors: Tensor[]) => ((await refusal(await npzFromTensors(tensors))) as Error).message;
    expect(await refused(a)).toContain('input b is missing');
    expect(await refused(a, b, { ...a, name: 'c' })).toContain('the model has no input c: it takes a, b');
    expect(await refused(a, b, a)).toContain('the array a appears twice');
    expect(await refused({ ...a, shape: [4] }, b)).toContain('input a: got shape [4]');
  });

  it('that is damaged is refused, or is what it was', async () => {
    const archive = await npzFromTensors([a, b]);
    await fc.assert(
      fc.asyncProperty(damaged(fc.constant(archive)), async (bytes) => {
        const error = await refusal(bytes);
        if (error !== undefined) expect(error).toBeInstanceOf(InferenceError);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a ZIP archive', () => {
  const archive = async (change: (bytes: Buffer, directory: number) => void) => {
    const bytes = await writeArchive([{ name: 'x.npy', content: Buffer.from('content') }]);
    change(bytes, bytes.indexOf('PK\x01\x02'));
    return readArchive(bytes).then(
      () => 'was read',
      (error: Error) => error.message,
    );
  };

  it.each<[string, (bytes: Buffer, directory: number) => void]>([
    ['is not a ZIP archive', (bytes) => bytes.fill(0, bytes.length - 22)],
    ['has 65535 files', (bytes) => bytes.writeUInt16LE(65535, bytes.length - 12)],
    ['is encrypted', (bytes, at) => bytes.writeUInt16LE(1, at + 8)],
    ['by the method 99', (bytes, at) => bytes.writeUInt16LE(99, at + 10)],
    ['unpacks to 4294967295 bytes', (bytes, at) => bytes.writeUInt32LE(0xffffffff, at + 24)],
    ['is damaged', (bytes, at) => bytes.writeUInt32LE(0xfffffff0, at + 20)],
    ['is damaged', (bytes, at) => bytes.writeUInt32LE(0xfffffff0, at + 42)],
    ['is damaged', (bytes, at) => bytes.writeUInt32LE(6, at + 24)],
    ['is damaged', (bytes, at) => bytes.writeUInt16LE(8, at + 10)],
  ])('that %s is refused', async (message, change) => {
    expect(await archive(change)).toContain(message);
  });

  it('unpacks to no more than its directory says', async () => {
    const { deflateRawSync } = await import('node:zlib');
    const bomb = deflateRawSync(Buffer.alloc(32 * 1024 * 1024));
    const bytes = await writeArchive([{ name: 'x.npy', content: bomb }]);
    const directory = bytes.indexOf('PK\x01\x02');
    bytes.writeUInt16LE(8, directory + 10);
    await expect(readArchive(bytes)).rejects.toThrow('is damaged');
  });
});
