import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packModel } from '../../../lib/pack/index.js';
import { modelship, ROOT } from '../cli/support.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-bad-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('fault 47: files that no package can be made of', () => {
  it('is a pipe, which would never end', async () => {
    const source = join(folder, 'pipe');
    execFileSync('mkfifo', [source]);
    for (const path of [source, '/dev/zero']) {
      await expect(packModel({ source: path, name: 'x', out: join(folder, 'out') })).rejects.toMatchObject({
        code: 'FORMAT_UNKNOWN',
        message: `${path} is a pipe, socket or device. To serve the model, give a file.`,
      });
    }
  });

  it('is a samples file that takes too much memory to parse', async () => {
    const samples = join(folder, 'samples.json');
    writeFileSync(samples, '');
    truncateSync(samples, 213_000_000);
    const source = join(ROOT, 'examples', 'iris', 'model.onnx');
    await expect(packModel({ source, samples, name: 'x', out: join(folder, 'out') })).rejects.toMatchObject({
      code: 'SAMPLES_INVALID',
      message: expect.stringMatching(/has 213000000 bytes, and at most 100000000 are read.*keep a few/),
    });
  });
});

it('a usage error is JSON with --json', async () => {
  const { code, stdout, stderr } = await modelship('pack', 'x', '--json', '--nonsense', '--name', 'x');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(JSON.parse(stderr)).toEqual({ error: { code: 'USAGE', message: expect.stringContaining("'--nonsense'") } });
});
