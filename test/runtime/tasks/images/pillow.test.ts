import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageStep } from '../../../../runtime/src/manifest/index.js';
import { decodePicture } from '../../../../runtime/src/tasks/images/decode.js';
import { preprocess } from '../../../../runtime/src/tasks/images/preprocess.js';
import { ROOT } from '../../../lib/cli/support.js';

interface Case {
  readonly file: string;
  readonly steps: ImageStep[];
  readonly expected: string;
  readonly size: readonly [height: number, width: number];
}

/** Resized pictures. The whole suite has more. */
const RESIZES = process.env.MODELSHIP_TEST_ALL ? 3000 : 150;

describe('pictures', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-pillow-'));
  let cases: readonly Case[];

  beforeAll(() => {
    const python = join(ROOT, '.venv', 'bin', 'python');
    execFileSync(python, [join(__dirname, 'pillow_cases.py'), folder, String(RESIZES)]);
    cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
  }, 300_000);

  it('have exactly the pixels that Pillow returns, for each kind of file and each filter', async () => {
    expect(cases.length).toBeGreaterThan(RESIZES + 90);
    const wrong: string[] = [];
    for (const { file, steps, expected, size } of cases) {
      const decoded = await decodePicture(readFileSync(join(folder, file)));
      const { data, height, width } = preprocess(decoded, { preprocessing: steps, layout: 'NHWC' });
      const wanted = readFileSync(join(folder, expected));
      const differences = data.reduce((count, value, index) => count + (value === wanted[index] ? 0 : 1), 0);
      const isEqual = height === size[0] && width === size[1] && data.length === wanted.length && differences === 0;
      if (!isEqual) wrong.push(`${file} ${JSON.stringify(steps)}: ${differences} of ${wanted.length} bytes differ`);
    }
    expect(wrong).toEqual([]);
  }, 300_000);
});
