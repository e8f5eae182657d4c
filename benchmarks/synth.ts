import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IRIS } from './support/models.js';
import { type Comparison, compare, type Side } from './support/pairs.js';
import { ROOT } from './support/peers.js';

const IMAGE = 'europe-west4-docker.pkg.dev/project/runtime/runtime:1';

/** From the start of a CDKTF app to its template: Cloud Run, by hand and by the construct. */
export async function benchmarkSynth(rounds: number): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-synth-'));
  const side = (name: string, app: string): Side => ({
    name,
    async run() {
      const since = performance.now();
      const out = join(folder, app);
      execFileSync(process.execPath, [join(ROOT, 'benchmarks', 'peers', app), IRIS, IMAGE, out], { stdio: 'ignore' });
      return performance.now() - since;
    },
  });
  try {
    return await compare('ms', rounds, [
      side('CDKTF by hand', 'cdktf_cloud_run.cjs'),
      side('Modelship', 'modelship_cloud_run.cjs'),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
