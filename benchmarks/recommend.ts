import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Comparison, compare, type Side } from './support/pairs.js';
import { CACHE, FRAMEWORK_PYTHON, PEERS } from './support/peers.js';
import { SERVER_CPU } from './support/process.js';
import type { Settings } from './support/settings.js';

/** The ten best of a million items with vectors of 64 numbers, for so many queries together. */
export function benchmarkRecommend(queries: number, { rounds }: Settings): Promise<Comparison> {
  const folder = join(CACHE, 'recommend');
  const arrays = join(folder, 'million.npz');
  if (!existsSync(arrays)) {
    mkdirSync(folder, { recursive: true });
    execFileSync(FRAMEWORK_PYTHON, [join(PEERS, 'recommend.py'), arrays]);
  }
  const side = (name: string, command: string, script: string): Side => ({
    name,
    run: async () => {
      const parts = ['-c', String(SERVER_CPU), command, join(PEERS, script), arrays, String(queries)];
      const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
      return Number(execFileSync('taskset', parts, { encoding: 'utf8', env }));
    },
  });
  return compare('ms', rounds, [
    side('NumPy, matrix product and argpartition', FRAMEWORK_PYTHON, 'recommend.py'),
    side('Modelship', process.execPath, 'recommend.cjs'),
  ]);
}
