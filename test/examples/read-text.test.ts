import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { packModel } from '../../lib/pack/index.js';
import type { LoadedModel } from '../../runtime/src/engines/index.js';
import { readManifest } from '../../runtime/src/manifest/index.js';
import type { ReadLine } from '../../runtime/src/tasks/images/read-text-model.js';
import { loadModel } from '../../runtime/src/tasks/load-model.js';
import { SynthesizedFunction } from '../contract/lambda-function.js';
import { modelship } from '../lib/cli/support.js';
import { shareOf } from '../support/share.js';

const root = join(__dirname, '..', '..');
const example = join(root, 'examples', 'read-text');
const models = join(root, '.cache', 'read-text', 'models');
const EXPECTED: Readonly<Record<string, readonly ReadLine[]>> = JSON.parse(
  readFileSync(join(example, 'expected.json'), 'utf8'),
);

describe('the example that reads text', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-read-text-'));
  const directory = join(folder, 'reader');
  const requests = join(folder, 'requests.json');
  let model: LoadedModel;

  const picture = (name: string) => readFileSync(join(example, 'pictures', name));

  beforeAll(async () => {
    if (!existsSync(join(models, 'ppocr_keys_v1.txt'))) {
      const { status, stderr, error } = spawnSync('node', [join(example, 'models.mjs'), models], { encoding: 'utf8' });
      if (status !== 0) throw error ?? new Error(stderr);
    }
    // One golden sample: each replica runs all of them before it is ready.
    writeFileSync(requests, JSON.stringify({ instances: [picture('tiny.png').toString('base64')] }));
    await packModel({ source: models, name: 'reader', out: directory, samples: requests });
    model = await loadModel(directory, readManifest(directory), {});
  }, 600_000);
  afterAll(async () => {
    await model?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const names = readdirSync(join(example, 'pictures'));

  it('has pictures for each answer of RapidOCR', () => {
    expect(names.length).toBeGreaterThanOrEqual(30);
    expect(Object.keys(EXPECTED).sort()).toEqual(names.sort());
  });

  it.each(shareOf(names, 5, 'read-text'))(
    'reads %s as RapidOCR does',
    async (name) => {
      const data = [picture(name)];
      const [output] = await model.run([{ name: 'image', datatype: 'BYTES', shape: [1], data }]);
      const lines: ReadLine[] = JSON.parse((output!.data as Buffer[])[0]!.toString());
      const wanted = EXPECTED[name]!;
      expect(lines.map(({ text }) => text)).toEqual(wanted.map(({ text }) => text));
      for (const [index, { polygon, score }] of lines.entries()) {
        expect(Math.abs(score - wanted[index]!.score)).toBeLessThan(0.1);
        for (const [corner, [x, y]] of polygon.entries()) {
          const [wantedX, wantedY] = wanted[index]!.polygon[corner]!;
          expect(Math.abs(x - wantedX)).toBeLessThanOrEqual(1);
          expect(Math.abs(y - wantedY)).toBeLessThanOrEqual(1);
        }
      }
    },
    300_000,
  );

  it('is evaluated on its golden sample', async () => {
    expect(await modelship('evaluate', directory, '--samples', join(directory, 'samples.json'))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 of 1'),
    });
  }, 300_000);

  it('is synthesized for a function, with each of its models', () => {
    const { codeFolder } = new SynthesizedFunction({ model: Model.fromDirectory(directory) });
    const paths = readdirSync(codeFolder, { recursive: true }).map(String);
    for (const file of ['detection.onnx', 'direction.onnx', 'recognition.onnx', 'characters.json']) {
      expect(
        paths.some((path) => path.endsWith(file)),
        file,
      ).toBe(true);
    }
  });
});
