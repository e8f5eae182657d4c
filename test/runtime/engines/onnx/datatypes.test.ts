import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFor } from '../../../../runtime/src/engines/index.js';
import type { Datatype, TensorData } from '../../../../runtime/src/tensor/datatype.js';
import { python } from '../python/saved.js';

const VALUES: Partial<Record<Datatype, TensorData>> = {
  BOOL: Uint8Array.of(0, 1),
  UINT8: Uint8Array.of(0, 255),
  UINT16: Uint16Array.of(0, 65535),
  UINT32: Uint32Array.of(0, 2 ** 32 - 1),
  UINT64: BigUint64Array.of(0n, 2n ** 64n - 1n),
  INT8: Int8Array.of(-128, 127),
  INT16: Int16Array.of(-32768, 32767),
  INT32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
  INT64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n),
  // 1.5 and the smallest number.
  FP16: Uint16Array.of(0x3e00, 0x0001),
  FP32: Float32Array.of(1.5, -1e-40),
  FP64: Float64Array.of(1.5, 5e-324),
  BYTES: [Buffer.from('a'), Buffer.from('é')],
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-identities-'));
  execFileSync(python, [join(import.meta.dirname, 'save_identities.py'), folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

// What the binding takes and gives differs with the version of Node: Node 24 has an array for FP16.
describe.each([
  ['this thread', false],
  ['a thread of its own', true],
])('a model in %s', (_, isOffloaded) => {
  it.each(Object.entries(VALUES) as [Datatype, TensorData][])('takes and gives %s as it is', async (datatype, data) => {
    const artifact = { path: join(folder, `${datatype}.onnx`), format: 'onnx' } as const;
    const model = await engineFor('onnx').load(artifact, { threads: 1 });
    try {
      if (isOffloaded) await model.offload!(1);
      const [y] = await model.run([{ name: 'x', datatype, shape: [1, 2], data }]);
      expect(y).toEqual({ name: 'y', datatype, shape: [1, 2], data });
    } finally {
      await model.close();
    }
  });
});
