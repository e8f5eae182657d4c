import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type RuntimeConfig, readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import type { HostSettings } from '../../../runtime/src/platforms/host.js';
import { type RunningServer, startServer } from '../../../runtime/src/start-server.js';
import { writePackage } from '../../support/packages.js';

const ROOT = join(import.meta.dirname, '../../..');

export const IRIS = join(ROOT, 'examples/iris/model');
export const IRIS_REQUEST = '{"instances":[[5.1,3.5,1.4,0.2]]}';

/** A command that starts the server: a Node, and what it runs. */
export type ServerCommand = readonly [node: string, ...script: string[]];

/** Starts the sources with the Node that runs the tests. */
export const SOURCES: ServerCommand = [process.execPath, '--import', 'tsx', join(ROOT, 'runtime/src/main.ts')];

/** Starts the bundle, which images contain, with a Node. */
export const bundleOn = (node: string): ServerCommand => [node, join(ROOT, 'runtime/dist/bundle/server.js')];

/** Environment variables that the image sets, those of the memory allocator included. */
export const IMAGE_VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from(readFileSync(join(ROOT, 'runtime/images/Dockerfile'), 'utf8').matchAll(/^ENV (.*)$/gm), ([, variables]) =>
    variables!.split(' ').map((variable) => variable.split('=', 2) as [string, string]),
  ).flat(),
);

const open: RunningServer[] = [];
const children: ChildProcess[] = [];

/** Serves in this process; closed by `stopAll`. */
export async function serve(overrides: Partial<RuntimeConfig> = {}, host: HostSettings = {}): Promise<string> {
  const config = readConfig({ [ENVIRONMENT.model]: IRIS, [ENVIRONMENT.port]: '0', [ENVIRONMENT.logLevel]: 'error' });
  const server = await startServer({ ...config, ...overrides }, '127.0.0.1', host);
  open.push(server);
  return `http://127.0.0.1:${server.port}`;
}

/** Environment variables of a server. */
export type Variables = Readonly<Record<string, string | number | boolean>>;

/** A process of the server, with what it logs. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** Address once the server is ready. Rejects with the log if it ends before. */
  readonly url: Promise<string>;
  readonly exit: Promise<number | null>;
  log(): string;
}

/**
 * Starts the server as its image does, in one process unless the variables say otherwise.
 *
 * @param command Node and the server's files @default the sources
 */
export function spawnServer(variables: Variables, [node, ...script]: ServerCommand = SOURCES): ServerProcess {
  const child = spawn(node, [...script, 'serve'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      [ENVIRONMENT.port]: '0',
      [ENVIRONMENT.processes]: '1',
      ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let log = '';
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const url = new Promise<string>((resolve, reject) => {
    child.stderr!.on('data', (text: Buffer) => {
      log += text.toString();
      const port = /"message":"ready","port":(\d+)/.exec(log)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    });
    exit.then(() => reject(new Error(log)));
  });
  // Tests of servers that never become ready look at their log or exit code.
  url.catch(() => {});
  return { child, url, exit, log: () => log };
}

export async function stopAll(): Promise<void> {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(open.splice(0).map((server) => server.close()));
}

export function post(url: string, body: string | Buffer, headers: Record<string, string> = {}, signal?: AbortSignal) {
  const bytes = typeof body === 'string' ? body : new Uint8Array(body);
  return fetch(url, { method: 'POST', body: bytes, headers, signal });
}

/** Asks iris for a prediction, as TensorFlow Serving's clients do. */
export const predict = (base: string, headers?: Record<string, string>) =>
  post(`${base}/v1/models/iris:predict`, IRIS_REQUEST, headers);

/** Sends bytes as they are, and gives what came back once the server has closed the connection. */
export function raw(base: string, parts: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
    });
    // A reset tells as much as an end: the connection is closed.
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    for (const part of parts) socket.write(part);
  });
}

/** A model that runs as long as the request says, packed with a sample of `rounds`. */
export function slowPackage(rounds: number, version = '1'): string {
  const tensor = { name: 'rounds', shape: [1], datatype: 'INT64', data: [rounds] };
  const answer = { name: 'y', shape: [1], datatype: 'FP32', data: [1] };
  const samples = [{ request: { inputs: [tensor] }, response: { model_name: 'slow', outputs: [answer] } }];
  return writePackage({
    name: 'slow',
    version,
    inputs: [{ name: 'rounds', datatype: 'INT64', shape: [1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
    samples: { count: 1, tolerance: { absolute: 1e-3, relative: 1e-3 } },
    content: {
      'model.onnx': readFileSync(join(ROOT, 'test/fixtures/slow.onnx')),
      'samples.json': JSON.stringify(samples),
    },
  });
}

/** Asks the slow model to multiply `rounds` times. */
export const runSlow = (base: string, rounds: number, signal?: AbortSignal) =>
  post(
    `${base}/v2/models/slow/infer`,
    JSON.stringify({ inputs: [{ name: 'rounds', shape: [1], datatype: 'INT64', data: [rounds] }] }),
    { 'content-type': 'application/json' },
    signal,
  );

/** Returns how many rounds the slow model multiplies in `seconds` on this machine, as it is loaded now. */
export async function roundsIn(base: string, seconds: number): Promise<number> {
  const since = performance.now();
  await runSlow(base, 100);
  return Math.round((100_000 * seconds) / (performance.now() - since));
}

/** One of the numbers at `/metrics`, 0 if it is not there yet. */
export async function metric(base: string, line: string): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return Number(found?.slice(line.length + 1) ?? 0);
}

/** Waits until `holds`; the test's time limit ends what never does. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((later) => setTimeout(later, 10));
}
