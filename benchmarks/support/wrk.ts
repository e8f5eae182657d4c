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

/**
 * Answers a second of the server on `port`, whose connections are all kept busy.
 *
 * @throws Error if any request fails
 */
export async function requestsPerSecond(
  port: number,
  post: Post,
  { connections = 32, seconds }: Load,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-bench-'));
  try {
    const script = join(folder, 'post.lua');
    writeFileSync(join(folder, 'body'), post.body);
    writeFileSync(script, lua(join(folder, 'body'), post.headers));
    const url = `http://127.0.0.1:${port}${post.path}`;
    return await answersOf(['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, url]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function lua(body: string, headers: Post['headers']): string {
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`);
  return ['wrk.method = "POST"', `wrk.body = io.open("${body}", "rb"):read("*a")`, ...lines, ''].join('\n');
}

async function answersOf(wrk: string[]): Promise<number> {
  const { stdout } = await promisify(execFile)('taskset', ['-c', String(LOAD_CPU), ...wrk]).catch((error: Error) => {
    throw new Error(`wrk could not run (${error.message.trim()}). Install it: apt-get install wrk util-linux`);
  });
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  if (refused) throw new Error(`${refused[1]} of the requests were refused`);
  const broken = /Socket errors: (.*)/.exec(stdout);
  if (broken) throw new Error(`connections broke: ${broken[1]}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}
