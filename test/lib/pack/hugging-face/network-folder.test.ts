import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { ImageTask } from '@modelship/runtime/manifest';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { packModel } from '../../../../lib/pack/index.js';
import { PYTHON } from './support.js';

/** Interpreter with timm and torchvision. They are not among the requirements of the tests. */
const python = process.env[ENVIRONMENT.python] ?? PYTHON;
const FIND = "import importlib.util as u, sys; sys.exit(0 if all(map(u.find_spec, ['timm', 'torchvision'])) else 1)";
const hasLibraries = spawnSync(python, ['-c', FIND]).status === 0;

/** Folders of `save_networks.py`, with the number of values and fields of the task. */
const FOLDERS: readonly (readonly [string, number, Partial<ImageTask>])[] = [
  ['timm-test_resnet', 10, { type: 'image_classification', activation: 'softmax' }],
  ['timm-test_vit', 64, { type: 'image_embedding', output: 'image_embeds' }],
  ['timm-test_efficientnet', 5, { type: 'image_classification' }],
  ['torchvision-shufflenet_v2_x0_5', 1000, { type: 'image_classification' }],
  ['torchvision-mobilenet_v3_small', 3, { type: 'image_classification' }],
  ['torchvision-squeezenet1_1', 1000, { type: 'image_classification' }],
];

describe.skipIf(!hasLibraries)('folders of timm and torchvision', () => {
  const root = mkdtempSync(join(tmpdir(), 'modelship-networks-'));
  let expected: Readonly<Record<string, readonly number[]>>;

  beforeAll(() => {
    execFileSync(python, [join(__dirname, 'save_networks.py'), root], { stdio: ['ignore', 'ignore', 'pipe'] });
    expected = JSON.parse(readFileSync(join(root, 'expected.json'), 'utf8'));
  }, 300_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  async function pack(name: string, picture?: { readonly base64: string; readonly values: readonly number[] }) {
    vi.stubEnv(ENVIRONMENT.python, python);
    const samples = join(root, 'samples.json');
    const out = join(root, 'packages', name);
    try {
      if (picture)
        writeFileSync(samples, JSON.stringify({ instances: [picture.base64], predictions: [picture.values] }));
      const options = { source: join(root, name), name: 'network', out, force: true };
      const manifest = await packModel({ ...options, ...(picture && { samples }) });
      return { manifest, origin: JSON.parse(readFileSync(join(out, 'origin.json'), 'utf8')) };
    } finally {
      vi.unstubAllEnvs();
    }
  }

  test.each(FOLDERS)(
    '%s answers as the library itself',
    async (name, width, task) => {
      const base64 = readFileSync(join(root, 'picture.png')).toString('base64');
      const { manifest } = await pack(name, { base64, values: expected[name]! });
      expect(manifest).toMatchObject({ task, outputs: [{ shape: [-1, width] }], samples: { count: 1 } });
      const wrong = expected[name]!.map((value) => value + 0.01);
      await expect(pack(name, { base64, values: wrong })).rejects.toMatchObject({ code: 'SAMPLES_DIFFER' });
    },
    300_000,
  );

  test('labels are those of torchvision unless the folder has its own, and the proof is kept', async () => {
    const { manifest, origin } = await pack('torchvision-shufflenet_v2_x0_5');
    expect(manifest.outputs[0]!.labels).toContain('goldfish');
    expect(origin).toMatchObject({ exporter: { torchvision: expect.any(String) }, originals: [{}, {}, {}] });
    expect(origin.largestDifference).toBeLessThan(1e-5);
    expect((await pack('torchvision-mobilenet_v3_small')).manifest.outputs[0]!.labels).toEqual(['cat', 'dog', 'fish']);
  }, 300_000);
});
