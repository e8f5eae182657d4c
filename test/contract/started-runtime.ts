import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inferPath } from '@modelship/runtime/contract';
import { expect } from 'vitest';
import { Model } from '../../lib/model/model.js';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A model that runs. */
export const IRIS = Model.fromDirectory(root('examples/iris/model'));

/** The runtime as the image has it; `npm run bundle -w runtime` makes it. */
export const SERVER = root('runtime/dist/bundle/server.js');

const START_MILLISECONDS = 30_000;

/** What a host starts, and with what. */
export interface StartOptions {
  /** @default - the runtime's server with this Node */
  readonly command?: readonly [string, ...string[]];
  /** @default - where the tests run */
  readonly cwd?: string;
  /** All the variables the process gets, beside the path to executables. */
  readonly env: Readonly<Record<string, string>>;
  /** The port at which the host expects it. */
  readonly port: number;
}

/** A process that a host started. */
export class StartedRuntime {
  private log = '';
  private readonly process: ChildProcess;
  readonly url: string;

  constructor({ command = [process.execPath, SERVER], cwd, env, port }: StartOptions) {
    const [executable, ...args] = command;
    this.url = `http://127.0.0.1:${port}`;
    this.process = spawn(executable, args, { cwd, env: { PATH: process.env.PATH, ...env }, stdio: 'pipe' });
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.on('data', (chunk) => {
        this.log += chunk;
      });
    }
  }

  /** Asks a probe until it gets 200, as a host does. */
  async until(path: string): Promise<void> {
    const end = Date.now() + START_MILLISECONDS;
    for (;;) {
      const status = await fetch(this.url + path).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 200) return;
      if (this.process.exitCode !== null || Date.now() > end) {
        throw new Error(`${path} answered ${status}, exit code ${this.process.exitCode}:\n${this.log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends it as hosts do, and gives its exit code. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode === null) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    return this.process.exitCode;
  }
}

interface Tensor {
  readonly name: string;
  readonly data: readonly number[];
}

/** Golden requests of a package and the outputs that the model's own framework gave. */
export function samplesOf(model: Model): { request: object; response: { outputs: Tensor[] } }[] {
  const samples = JSON.parse(readFileSync(join(model.directory, 'samples.json'), 'utf8'));
  expect(samples.length).toBeGreaterThan(0);
  return samples;
}

/** Fails unless the numbers are those of the sample, within what the package tolerates. */
export function expectClose(model: Model, actual: readonly number[], expected: readonly number[]): void {
  const { absolute, relative } = model.manifest.samples.tolerance;
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs(actual[index]! - value)).toBeLessThanOrEqual(absolute + relative * Math.abs(value));
  }
}

/** Asks for every sample by the Open Inference Protocol, through whatever the host puts before the runtime. */
export async function expectSamples(model: Model, ask: (path: string, init: RequestInit) => Promise<Response>) {
  for (const { request, response } of samplesOf(model)) {
    const answer = await ask(inferPath(model.name), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const text = await answer.text();
    expect(`${answer.status} ${answer.status === 200 ? '' : text}`.trim()).toBe('200');
    const { outputs } = JSON.parse(text) as { outputs: Tensor[] };
    for (const expected of response.outputs) {
      const output = outputs.find(({ name }) => name === expected.name);
      expectClose(model, output?.data ?? [], expected.data);
    }
  }
}

/** Serves the blobs that a template uploads, to whoever brings what `authorize` wants, and to nobody else. */
export async function startBlobs(
  model: Model,
  blobNames: readonly string[],
  container: string,
): Promise<{ url: string; asked: string[]; close(): void }> {
  const asked: string[] = [];
  const server: Server = createHttpServer((request, response) => {
    const name = (request.url ?? '').slice(container.length + 2);
    asked.push(name);
    if (!blobNames.includes(name)) {
      response.writeHead(404).end();
      return;
    }
    // `models/<name>/<digest>/<path>`
    const body = readFileSync(join(model.directory, ...name.split('/').slice(3)));
    response.writeHead(200, { 'content-length': body.length }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, asked, close: () => server.close() };
}
