import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postBytes } from '../../lib/bench/connection.js';
import { ROOT } from './peers.js';
import type { Post } from './posts.js';
import { LOAD_CPU } from './process.js';

/** What a steady load found. Latencies are in milliseconds, from when a request was due. */
export interface PacedReport {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/**
 * Sends `rate` requests a second to the server on `port`, whether it keeps up or not, from a process of its own.
 *
 * @throws Error if a request fails
 */
export async function pacedLoad(port: number, post: Post, rate: number, seconds: number): Promise<PacedReport> {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-bench-'));
  try {
    const url = new URL(`http://127.0.0.1:${port}${post.path}`);
    writeFileSync(join(folder, 'request'), postBytes(url, post.headers, post.body));
    const script = join(ROOT, 'benchmarks', 'support', 'paced-load.ts');
    const args = ['--import', 'tsx', script, url.href, join(folder, 'request'), String(rate), String(seconds)];
    const { stdout } = await promisify(execFile)('taskset', ['-c', String(LOAD_CPU), process.execPath, ...args], {
      cwd: ROOT,
    });
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
