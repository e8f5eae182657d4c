import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime, readConfig } from '@modelship/runtime/serve';
import { afterAll, expect, test } from 'vitest';
import { taskPackages } from '../../../lib/bundle/task-packages.js';
import { packModel } from '../../../lib/pack/index.js';
import { npzFromTensors } from '../../../runtime/src/tensor/npz.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-recommend-'));
const file = (name: string) => join(folder, name);

afterAll(() => rmSync(folder, { recursive: true }));

const vectors = (name: string, values: readonly number[]) => {
  return { name, datatype: 'FP32' as const, shape: [values.length / 2, 2], data: Float32Array.from(values) };
};

async function pack(out: string, samples?: string) {
  const arrays = [vectors('item_factors', [1, 0, 0, 1, 1, 1, 2, 0]), vectors('user_factors', [1, 0, 0, 1])];
  writeFileSync(file('model.npz'), await npzFromTensors(arrays));
  if (samples !== undefined) writeFileSync(file('samples.json'), samples);
  const source = file('model.npz');
  return packModel({ source, name: 'shop', out: file(out), ...(samples && { samples: file('samples.json') }) });
}

test('a package of arrays has the task, samples of all kinds of queries, and needs no other packages', async () => {
  const manifest = await pack('made-up');
  expect(manifest).toMatchObject({ format: 'npz', artifact: 'model.npz', task: { type: 'recommend' } });
  expect(manifest.samples).toMatchObject({ count: 3, madeUp: true });
  expect(manifest).not.toHaveProperty('requirements');
  expect(taskPackages(manifest.task)).toEqual([]);
  expect((await pack('again')).digest).toBe(manifest.digest);
}, 120_000);

test('a package is served by every protocol, and says what an unknown user lacks', async () => {
  const row = { instances: ['{"user": 1, "k": 2}'] };
  await pack('served', JSON.stringify(row));
  const runtime = createRuntime(readConfig({ MODELSHIP_MODEL: file('served'), MODELSHIP_LOG_LEVEL: 'error' }));
  // Loading runs the samples.
  await runtime.load();
  try {
    const post = async (path: string, body: object) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const headers = { 'content-type': 'application/json' };
      const response = await runtime.app.handle({ method: 'POST', path, query: '', headers, body: bytes });
      return { status: response.status, body: JSON.parse(String(response.body)) };
    };
    const best = {
      items: [
        { item: 1, score: 1 },
        { item: 2, score: 1 },
      ],
      source: 'user',
    };
    const served = await post('/v1/models/shop:predict', row);
    expect(served.body.predictions.map((text: string) => JSON.parse(text))).toEqual([best]);
    const input = { name: 'query', datatype: 'BYTES', shape: [1], data: row.instances };
    const infer = await post('/v2/models/shop/infer', { inputs: [input] });
    expect(JSON.parse(infer.body.outputs[0].data[0])).toEqual(best);
    const unknown = await post('/v1/models/shop:predict', { instances: ['eve'] });
    expect(unknown).toMatchObject({ status: 400, body: { error: expect.stringContaining('the user is unknown') } });
  } finally {
    await runtime.close();
  }
}, 120_000);
