import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import type { Post } from './posts.js';

/** The processor of the servers that are measured, and that of what loads them. */
export const SERVER_CPU = 0;
export const LOAD_CPU = 1;

/** A server started for a measurement. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts `server`, on processor `cpu` if given. */
export function start(server: ServerCommand, cpu?: number): ChildProcess {
  const pinned = cpu !== undefined && process.platform === 'linux';
  const [command, args] = pinned
    ? ['taskset', ['-c', String(cpu), server.command, ...server.args]]
    : [server.command, server.args];
  return spawn(command, [...args], {
    // No side may spend its start on reports to others, nor on this machine's certificates, which Node parses at its start.
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', NODE_EXTRA_CA_CERTS: undefined, ...server.environment },
    stdio: ['ignore', 'ignore', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
    // A group of its own, so that the processes that it leaves behind can be killed.
    detached: true,
  });
}

/** Stops `child` and waits for its end. Processes that it leaves behind are killed. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(force);
  }
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // None is left.
  }
}

/** Clock ticks a second in `/proc`, which is the same on every Linux. */
const TICKS_PER_SECOND = 100;

/** Fields of `/proc/PID/stat` behind the name: the parent, and ticks of the process and of its children that ended. */
const PARENT = 1;
const TICKS = [11, 12, 13, 14];

/** Processor time of a server and all its processes, in seconds. */
export function processorSeconds(child: ChildProcess): number {
  const processes = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    } catch {
      continue; // It has ended.
    }
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    processes.set(Number(name), {
      parent: fields[PARENT]!,
      ticks: TICKS.reduce((sum, field) => sum + fields[field]!, 0),
    });
  }
  const belongs = (pid: number): boolean =>
    pid === child.pid || (processes.has(pid) && belongs(processes.get(pid)!.parent));
  let ticks = 0;
  for (const [pid, process] of processes) if (belongs(pid)) ticks += process.ticks;
  return ticks / TICKS_PER_SECOND;
}

/** Sends `post` until it is answered with 200, and returns the answer. */
export async function untilAnswered(port: number, post: Post, limitMs = 120_000): Promise<Buffer> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await send(port, post).catch(() => undefined);
    if (answer?.status === 200) return answer.body;
    if (Date.now() > deadline)
      throw new Error(`no answer on ${post.path} within ${limitMs} ms: ${answer?.body ?? 'no connection'}`);
    await new Promise((done) => setTimeout(done, 1));
  }
}

function send(port: number, { path, headers, body }: Post): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}
