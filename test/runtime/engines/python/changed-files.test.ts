import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { packModel } from '../../../../lib/pack/index.js';
import { readManifest } from '../../../../runtime/src/manifest/index.js';
import { writePackage } from '../../../support/packages.js';
import { post, type ServerProcess, spawnServer, stopAll, until } from '../../faults/servers.js';
import { python, saveModels } from './saved.js';

let folder: string;
let model: string;
let server: ServerProcess;
let base: string;
beforeAll(async () => {
  ({ folder } = saveModels('save_lightgbm.py'));
  const samples = join(folder, 'requests.json');
  writeFileSync(samples, JSON.stringify({ instances: [[0.5, 0.5, 0.5, 0.5]] }));
  vi.stubEnv('MODELSHIP_PYTHON', python);
  model = join(folder, 'package');
  await packModel({ source: join(folder, 'regression.txt'), out: model, name: 'trees', samples });
  vi.unstubAllEnvs();
  const { digest } = readManifest(model);
  server = spawnServer({ MODELSHIP_MODEL: model, MODELSHIP_MODEL_DIGEST: digest, MODELSHIP_PYTHON: python });
  base = await server.url;
}, 120_000);
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true });
});

const predict = () => post(`${base}/v1/models/trees:predict`, JSON.stringify({ instances: [[0.1, 0.2, 0.3, 0.4]] }));

function killWorkers(): void {
  const { pid: parent } = server.child;
  for (const task of readdirSync(`/proc/${parent}/task`)) {
    const children = readFileSync(`/proc/${parent}/task/${task}/children`, 'utf8');
    for (const pid of children.split(' ').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
  }
}

/** Another model, of as many bytes. */
const otherLeaves = (text: string) =>
  text.replace(/^leaf_value=.*$/gm, (line) =>
    line.replace(/\d(?= |$)/gm, (digit) => String(9 - Number(digit))).replace(/\.\d/g, '.1'),
  );

describe('files that change while their model is served', { timeout: 60_000 }, () => {
  it.each<[string, string, (text: string) => string | undefined, RegExp]>([
    ['another model', 'artifact', otherLeaves, /SHA-256 that differs/],
    ['nothing', 'artifact', () => undefined, /is missing/],
    ['other samples', 'samples.json', (text) => `${text} `, /samples\.json has \d+ bytes/],
    [
      'another manifest',
      'model.json',
      () => readFileSync(join(writePackage(), 'model.json'), 'utf8'),
      /was replaced after/,
    ],
    ['an edited manifest', 'model.json', (text) => text.replace('"trees"', '"woods"'), /was changed after packing/],
  ])('to %s are never loaded in place of those that were verified', async (_, which, changed, told) => {
    const file = join(model, which === 'artifact' ? readManifest(model).artifact : which);
    const before = await (await predict()).json();
    const whole = readFileSync(file);
    const text = changed(whole.toString());
    try {
      if (text === undefined) rmSync(file);
      else writeFileSync(file, text);
      // What is in memory was verified.
      expect(await (await predict()).json()).toEqual(before);

      killWorkers();
      await until(async () => told.test(server.log()));
      const refused = await predict();
      expect(refused.status).toBe(503);
      expect(await refused.text()).toMatch(/changed after they were verified/);
      expect((await fetch(`${base}/v2/health/ready`)).status).toBe(503);
      expect(await (await fetch(`${base}/v1/models/trees`)).text()).toMatch(/changed after they were verified/);
    } finally {
      writeFileSync(file, whole);
    }
    await until(async () => (await fetch(`${base}/v2/health/ready`)).status === 200);
    expect(await (await predict()).json()).toEqual(before);
  });
});
