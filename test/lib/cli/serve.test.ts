import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { metric, runSlow, slowPackage, until } from '../../runtime/faults/servers.js';
import { freePort } from '../../support/free-port.js';
import { NPMS } from '../../support/nodes.js';
import { shareOf } from '../../support/share.js';
import { IRIS, modelship, ROOT, type Served, serve } from './support.js';

let server: Served | undefined;
const folder = mkdtempSync(join(tmpdir(), 'modelship-serve-'));
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

test('answers the classic request, on this machine only, and stops cleanly when asked', async () => {
  server = await serve(IRIS);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const body = '{"instances": [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]}';
  const response = await fetch(`${server.url}/v1/models/iris:predict`, { method: 'POST', body });
  const { predictions } = (await response.json()) as { predictions: { label: number }[] };
  expect(predictions.map(({ label }) => label)).toEqual([0, 2]);
  expect((await fetch(`${server.url}/v2/health/ready`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
});

test('lets what is in flight finish when it is asked to stop', async () => {
  server = await serve(IRIS);
  const body = '{"instances": [[5.1, 3.5, 1.4, 0.2]]}';
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  const closed = new Promise((done) => socket.once('close', done));
  socket.write(`POST /v1/models/iris:predict HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await new Promise((done) => socket.once('data', done));
  expect(await server.stop()).toBe(0);
  await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test.each<[string, NodeJS.Signals | undefined, NodeJS.Signals]>([
  ['its time is over', undefined, 'SIGKILL'],
  ['it is asked once more, in another way', 'SIGINT', 'SIGINT'],
])('ends within a run of a model when %s', { timeout: 60_000 }, async (_, again, end) => {
  server = await serve(slowPackage(20));
  const running = runSlow(server.url, 1_000_000).catch(() => 'cut off');
  await until(async () => (await metric(server!.url, 'modelship_queue_depth')) === 1);
  const stopped = server.stop();
  await until(async () => (await fetch(`${server!.url}/v2/health/ready`)).status === 503);
  if (again) server.process.kill(again);
  await stopped;
  expect(server.process.signalCode).toBe(end);
  expect(await running).toBe('cut off');
});

/** `tsx`, found from any working directory. */
const TSX = import.meta.resolve('tsx');

test.runIf(process.platform === 'linux').each(
  shareOf(
    NPMS.flatMap((npm) => ['exec', 'run'].map((command) => [npm.major, command, npm] as const)),
    2,
  ),
)('ends with npm %i %s, which does not forward SIGTERM to it', { timeout: 60_000 }, async (_, command, npm) => {
  const bin = join(folder, 'node_modules', '.bin', 'modelship');
  mkdirSync(join(bin, '..'), { recursive: true });
  writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" --import "${TSX}" "${ROOT}/bin/modelship.ts" "$@"\n`);
  chmodSync(bin, 0o755);
  writeFileSync(join(folder, 'package.json'), '{"private": true, "scripts": {"modelship": "modelship"}}');
  const script = command === 'exec' ? ['exec', '--', 'modelship'] : ['run', '--silent', 'modelship', '--'];
  const port = await freePort();
  const child = spawn(npm.node.path, [npm.script, ...script, 'serve', IRIS, '--port', `${port}`, '--json'], {
    cwd: folder,
    env: { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.test.json') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const isServing = () =>
    fetch(`http://127.0.0.1:${port}/v2/health/live`).then(
      () => true,
      () => false,
    );
  await until(isServing);
  child.kill('SIGTERM');
  await until(async () => !(await isServing()));
});

test('says which port is taken', async () => {
  server = await serve(IRIS);
  const { code, stdout, stderr } = await modelship('serve', IRIS, '--port', new URL(server.url).port);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/port \d+ is taken\. Choose another with --port/);
});

test('serves gRPC on the port of --grpc-port, and says where', async () => {
  server = await serve(IRIS, '--grpc-port', '0');
  const client = new Client(server.grpc!, credentials.createInsecure());
  await new Promise<void>((done, fail) => {
    client.waitForReady(Date.now() + 10_000, (error) => (error ? fail(error) : done()));
  });
  client.close();
  const { stderr } = await modelship('serve', IRIS, '--port', '0', '--grpc-port', server.grpc!.split(':')[1]!);
  expect(stderr).toMatch(/the port of --grpc-port \d+ is taken\. Choose another/);
});

test.each<[string, (directory: string) => void, RegExp]>([
  [
    'whose model was changed',
    (directory) => writeFileSync(join(directory, 'model.onnx'), 'changed'),
    /model\.onnx has 7 bytes/,
  ],
  [
    'whose samples were changed',
    (directory) => writeFileSync(join(directory, 'samples.json'), '[]'),
    /samples\.json has/,
  ],
  ['that is not whole', (directory) => rmSync(join(directory, 'model.onnx')), /model\.onnx is missing/],
  ['without a manifest', (directory) => rmSync(join(directory, 'model.json')), /no model package at/],
])('does not serve a package %s', async (_, damage, message) => {
  const directory = join(folder, 'package');
  cpSync(IRIS, directory, { recursive: true });
  damage(directory);
  const { code, stdout, stderr } = await modelship('serve', directory, '--port', '0');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
});

test.each([
  ['--port', '80000'],
  ['--port', 'http'],
  ['--threads', '0'],
])('refuses %s %s', async (option, value) => {
  const { code, stderr } = await modelship('serve', IRIS, option, value);
  expect(code).toBe(2);
  expect(stderr).toMatch(/Write a whole number from/);
});

test('refuses a variable of the runtime that is wrong, and names it', async () => {
  process.env.MODELSHIP_MAX_QUEUE = 'many';
  try {
    const { code, stderr } = await modelship('serve', IRIS, '--port', '0');
    expect(code).toBe(1);
    expect(stderr).toMatch(/MODELSHIP_MAX_QUEUE: got "many"/);
  } finally {
    delete process.env.MODELSHIP_MAX_QUEUE;
  }
});
