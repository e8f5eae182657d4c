import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../../runtime/faults/servers.js';
import { IRIS, ROOT } from './support.js';

// `bench` of a package in a process of its own, whose server must end with it, however it ends.
let bench: ChildProcess | undefined;
afterEach(() => {
  bench?.kill('SIGKILL');
});

function start(...args: string[]): { output: () => string } {
  bench = spawn(
    process.execPath,
    ['--import', 'tsx', 'bin/modelship.ts', 'bench', '--connections', '2', '--json', ...args],
    {
      cwd: ROOT,
      env: { ...process.env, TSX_TSCONFIG_PATH: 'tsconfig.test.json' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  bench.stdout!.on('data', (chunk) => {
    output += chunk;
  });
  return { output: () => output };
}

/** The process ids of the children of `parent` that run `serve`. */
function servers(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return status.includes(`PPid:\t${parent}\n`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('serve');
      } catch {
        return false;
      }
    });
}

const isRunning = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/State:\tZ/.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe.runIf(process.platform === 'linux')('bench of a package', { timeout: 60_000 }, () => {
  test('measures it, and its server has ended when it ends', async () => {
    const { output } = start(IRIS, '--seconds', '0.5');
    await until(async () => servers(bench!.pid!).length === 1);
    const [server] = servers(bench!.pid!);
    expect((await once(bench!, 'exit'))[0]).toBe(0);
    expect(isRunning(server!)).toBe(false);
    expect(JSON.parse(output())).toMatchObject({ connections: 2, failures: {}, interrupted: false });
  });

  test.each<['SIGINT' | 'SIGTERM', number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('prints the figures so far on %s', async (signal, exitCode) => {
    let first = 0;
    let latest = 0;
    const server = createServer((request, response) => {
      request.resume();
      latest = performance.now();
      first ||= latest;
      response.end('{"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 1]}], "outputs": []}');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/models/x`;
      const { output } = start(url, '--data', '{"instances": [[1]]}', '--seconds', '600');
      // Past the warm-up.
      await until(async () => latest - first > 3_000);
      bench!.kill(signal);
      expect((await once(bench!, 'exit'))[0]).toBe(exitCode);
      const report = JSON.parse(output());
      expect(report).toMatchObject({ failures: {}, interrupted: true });
      expect(report.requests).toBeGreaterThan(0);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test.each<[NodeJS.Signals, string, number]>([
    ['SIGKILL', 'while its server starts', 0],
    ['SIGKILL', 'under load', 6_000],
    ['SIGINT', 'while its server starts', 0],
    ['SIGTERM', 'under load', 6_000],
  ])('leaves no server on %s %s', async (signal, _, milliseconds) => {
    start(IRIS, '--seconds', '600');
    await until(async () => servers(bench!.pid!).length === 1);
    const [server] = servers(bench!.pid!);
    await new Promise((done) => setTimeout(done, milliseconds));
    bench!.kill(signal);
    await until(async () => !isRunning(server!));
  });
});
