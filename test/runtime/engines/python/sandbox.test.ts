import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import type { Signature } from '../../../../runtime/src/tensor/tensor.js';
import { python, saveModels } from './saved.js';

const workerFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('modelship-tmp-worker-'));

let folder: string;
let model: LoadedModel;
beforeAll(async () => {
  ({ folder } = saveModels('save_reaching_out.py'));
  // Other tests start workers meanwhile.
  vi.stubEnv('TMPDIR', mkdtempSync(join(tmpdir(), 'sandbox-')));
  vi.stubEnv('MY_CLOUD_SECRET', 'hunter2');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hunter2');
  vi.stubEnv('NEEDED_BY_THE_MODEL', 'given');
  model = await engineFor('saved_model').load(
    { path: join(folder, 'files'), format: 'saved_model' },
    { python, threads: 1, workerEnvironment: ['NEEDED_BY_THE_MODEL'] },
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await model?.close();
  rmSync(folder, { recursive: true });
});

async function call(path: string, signature = 'serving_default'): Promise<string> {
  const data = [Buffer.from(path)];
  const [output] = await model.run([{ name: 'path', datatype: 'BYTES', shape: [], data }], signature);
  return String((output!.data as readonly Uint8Array[])[0]);
}

describe('fault 43: a model of a format that needs no trust', () => {
  it('does not read the environment of the server', async () => {
    const environment = await call('/proc/self/environ');
    expect(environment).toContain('PATH=');
    expect(environment).toContain('NEEDED_BY_THE_MODEL=given');
    expect(environment).not.toContain('hunter2');
    expect(environment).not.toContain('AWS_');
  });

  it('reads its own files, and no others, not even those of the process of the server', async () => {
    expect(model.restrictions).toEqual([
      'no core dumps',
      'no new privileges',
      ...(process.getuid?.() === 0 ? ['no capabilities of root'] : []),
      'no files of others',
      'no TCP connections',
      'no signals to others',
    ]);
    expect(await call('/proc/self/status')).toMatch(/^NoNewPrivs:\s1$/m);
    expect(await call(join(folder, 'files', 'fingerprint.pb'))).not.toBe('');
    for (const path of ['/etc/passwd', `/proc/${process.pid}/environ`, join(folder, 'expected.json')]) {
      await expect(call(path)).rejects.toThrow(/the model failed/);
    }
  });

  it('of PyTorch reads no others either', async () => {
    const declared: Partial<Signature> = { inputs: [{ name: 'x', datatype: 'FP32', shape: [4] }] };
    const artifact = { path: join(folder, 'reader.pt'), format: 'torchscript', declared } as const;
    const loading = engineFor('torchscript').load(artifact, { python, threads: 1 });
    await expect(loading).rejects.toThrow(/Permission denied/);
  });

  it('writes only into a temporary folder of its own, which goes with its process', async () => {
    const [own, ...others] = workerFolders();
    expect(others).toEqual([]);
    expect(await call(join(tmpdir(), own!, 'scratch'), 'write')).toMatch(/scratch$/);
    expect(existsSync(join(tmpdir(), own!, 'scratch'))).toBe(true);
    for (const path of [join(tmpdir(), 'outside'), join(folder, 'files', 'saved_model.pb')]) {
      await expect(call(path, 'write')).rejects.toThrow(/the model failed/);
    }
    await model.close();
    await vi.waitFor(() => expect(workerFolders()).toEqual([]));
  });
});
