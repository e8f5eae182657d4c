import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IRIS } from './support/models.js';
import { type Comparison, compareMany, type ManySided } from './support/pairs.js';
import { ROOT } from './support/peers.js';
import type { Settings } from './support/settings.js';

const IMAGE = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/runtime@sha256:${'0a'.repeat(32)}`;
/** The first is the reference; the last is what one stack of CloudFormation takes. */
const COUNTS = [5, 10, 25, 50];

/**
 * One stack with many models on SageMaker: milliseconds of synthesis and KiB of template for each model. Growth is linear
 * where the ratios to the first side stay at 1 or fall.
 */
export async function benchmarkManyModels({ rounds }: Settings): Promise<readonly Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-many-'));
  const side = (count: number): ManySided => ({
    name: `${count} models`,
    async run() {
      const outdir = join(folder, `${count}`);
      rmSync(outdir, { recursive: true, force: true });
      const script = join(ROOT, 'benchmarks', 'peers', 'modelship_many.cjs');
      const output = execFileSync(process.execPath, [script, IRIS, outdir, `${count}`, IMAGE], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const { ms, bytes } = JSON.parse(output) as { ms: number; bytes: number };
      return [ms / count, bytes / 1024 / count];
    },
  });
  try {
    return await compareMany(['ms a model', 'KiB a model'], rounds, COUNTS.map(side));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
