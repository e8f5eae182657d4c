import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BENCHMARKS } from '../../benchmarks/benchmarks.js';
import type { Comparison } from '../../benchmarks/support/pairs.js';
import { ALL } from '../support/share.js';

const ROOT = join(import.meta.dirname, '..', '..');

// CI runs every benchmark in a job of its own, with all peers. Without them, most of this is the time of their starts.
test.runIf(ALL).each(Object.keys(BENCHMARKS))(
  'the benchmark %s runs and prints its figures',
  (name) => {
    const output = execFileSync(process.execPath, ['--import', 'tsx', 'benchmarks/run.ts', name, '--smoke', '--json'], {
      cwd: ROOT,
      encoding: 'utf8',
      // A test downloads nothing. Peers that are not installed are printed.
      env: { ...process.env, BENCH_INSTALL: 'false' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = output.trim().split('\n');
    const comparisons = lines.map((line): Comparison & { name: string } => JSON.parse(line));
    for (const { name: printed, sides } of comparisons) {
      expect(printed).toBe(name);
      expect(sides.length).toBeGreaterThan(0);
      for (const { figures } of sides) expect(figures.median).toBeTypeOf('number');
    }
  },
  600_000,
);
