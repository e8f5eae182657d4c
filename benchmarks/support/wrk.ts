import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Post } from './posts.js';
import { LOAD_CPU } from './process.js';

/** How a server is loaded. */
export interface Load {
  /** Connections, each with one request under way. @default 32 */
  readonly connections?: number;
  readonly seconds: number;
}

/** What `wrk` found. */
export interface LoadReport {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
}

/**
 * Answers a second of the server on `port`, whose connections are all kept busy.
 *
 * @throws Error if any request fails
 */
export async function requestsPerSecond(port: number, post: Post, load: Load): Promise<number> {
  return (await loadReport(port, post, load)).requestsPerSecond;
}

/** The same, and the 99th percentile of how long a request took. */
export async function loadReport(port: number, post: Post, { connections = 32, seconds }: Load): Promise<LoadReport> {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-bench-'));
  try {
    const script = join(folder, 'post.lua');
    writeFileSync(join(folder, 'body'), post.body);
    writeFileSync(script, lua(join(folder, 'body'), post.headers));
    const url = `http://127.0.0.1:${port}${post.path}`;
    const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '30s'];
    return await reportOf(['wrk', ...options, '-s', script, url]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function lua(body: string, headers: Post['headers']): string {
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`);
  return ['wrk.method = "POST"', `wrk.body = io.open("${body}", "rb"):read("*a")`, ...lines, ''].join('\n');
}

async function reportOf(wrk: string[]): Promise<LoadReport> {
  const { stdout } = await promisify(execFile)('taskset', ['-c', String(LOAD_CPU), ...wrk]).catch((error: Error) => {
    throw new Error(`wrk could not run (${error.message.trim()}). Install it: apt-get install wrk util-linux`);
  });
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  if (refused) throw new Error(`${refused[1]} of the requests were refused`);
  const broken = /Socket errors: (.*)/.exec(stdout);
  if (broken) throw new Error(`connections broke: ${broken[1]}`);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout)!;
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)![1]),
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p99Ms: Number(p99) * MILLISECONDS[unit as keyof typeof MILLISECONDS],
  };
}

const MILLISECONDS = { us: 0.001, ms: 1, s: 1000 };
