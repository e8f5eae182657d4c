import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterAll, describe, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { node } from '../../support/nodes.js';
import {
  bundleOn,
  IMAGE_VARIABLES,
  IRIS,
  predict,
  type ServerProcess,
  spawnServer,
  stopAll,
  until,
} from './servers.js';

const MIB = 2 ** 20;

/** Memory of the smallest containers, in bytes. */
const LIMIT = 512 * MIB;

const KEY = 'secret';
const GRPC_PORT = 41_537;

/** Folder of a group of processes with a limit of memory, for version 2 or version 1 of cgroups. */
const GROUP = join(
  '/sys/fs/cgroup',
  existsSync('/sys/fs/cgroup/memory') ? 'memory' : '',
  `modelship-test-${process.pid}`,
);
const [MOST, PEAK, EVENTS] = existsSync('/sys/fs/cgroup/memory')
  ? ['memory.limit_in_bytes', 'memory.max_usage_in_bytes', 'memory.oom_control']
  : ['memory.max', 'memory.peak', 'memory.events'];

const hasGroup = (() => {
  try {
    mkdirSync(GROUP);
    writeFileSync(join(GROUP, MOST!), String(LIMIT));
    return spawnSync('sh', ['-c', `echo $$ > ${GROUP}/cgroup.procs`]).status === 0;
  } catch {
    return false;
  }
})();

const sockets: Socket[] = [];

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await stopAll();
  if (hasGroup) await until(async () => !existsSync(GROUP) || removed());
});

function removed(): boolean {
  try {
    rmdirSync(GROUP);
    return true;
  } catch {
    return false;
  }
}

const read = (file: string) => readFileSync(join(GROUP, file), 'utf8');

/** Sends a body with the key. @returns the status, or the error of a connection that the server closed */
function send(
  base: string,
  path: string,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<number | string> {
  return new Promise((resolve) => {
    const options = { method: 'POST', agent: false, headers: { 'x-api-key': KEY, ...headers } };
    const call = request(base + path, options, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode!)).on('error', (error) => resolve(error.name));
    });
    call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!)).end(body);
  });
}

const together = <T>(count: number, call: () => Promise<T>) => Promise.all(Array.from({ length: count }, call));

describe.skipIf(!hasGroup)('fault 64: clients that take much memory, in a container of 512 MiB', () => {
  it('end no process of the server', async () => {
    const [program, ...script] = bundleOn(node(24).path);
    const inGroup = ['sh', '-c', `echo $$ > ${GROUP}/cgroup.procs && exec "$@"`, 'sh'] as const;
    // The number of processes is the default.
    const server: ServerProcess = spawnServer(
      {
        ...IMAGE_VARIABLES,
        [ENVIRONMENT.model]: IRIS,
        [ENVIRONMENT.processes]: '',
        [ENVIRONMENT.grpcPort]: String(GRPC_PORT),
        [ENVIRONMENT.apiKeyHashes]: createHash('sha256').update(KEY).digest('hex'),
      },
      [...inGroup, program, ...script],
    );
    const base = await server.url;

    // Without a key: connections with unfinished headers, and bodies.
    const head = `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(15_000)}`;
    await together(3000, async () => {
      const socket = connect(Number(new URL(base).port), '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
      socket.write(head);
    });
    const large = Buffer.alloc(4 * MIB, ' ');
    const refused = await together(20, () => send(base, '/v1/models/iris:predict', large, { 'x-api-key': 'wrong' }));
    expect(refused).not.toContain(200);

    // With a key: a hundred at once, of every form that grows as it is decoded.
    const json = (rows: number) =>
      Buffer.from(
        `{"inputs":[{"name":"features","datatype":"FP32","shape":[${rows},4],"data":[${'1,'.repeat(rows * 4 - 1)}1]}]}`,
      );
    const csv = Buffer.from('1,2,3,4\n'.repeat(150_000));
    const forms: [string, Buffer, Record<string, string>][] = [
      ['/v2/models/iris/infer', json(150_000), {}],
      ['/v2/models/iris/infer', json(1_900_000), {}],
      ['/invocations', csv, { 'content-type': 'text/csv', accept: 'text/csv' }],
    ];
    const [answers] = await Promise.all([
      Promise.all(
        forms.flatMap(([path, body, headers]) => Array.from({ length: 33 }, () => send(base, path, body, headers))),
      ),
      callGrpc(33, Buffer.alloc(4 * MIB, '2a00', 'hex')),
    ]);
    expect(answers).toContain(200);

    expect((await predict(base, { 'x-api-key': KEY })).status).toBe(200);
    expect(server.log()).not.toMatch(/exited|heap/);
    expect(read(EVENTS!)).toMatch(/oom_kill 0/);
    expect(Number(read(PEAK!))).toBeLessThan(LIMIT);
  }, 240_000);
});

/** Sends a message whose millions of objects would take gigabytes. */
async function callGrpc(count: number, message: Buffer): Promise<void> {
  const client = new Client(`127.0.0.1:${GRPC_PORT}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('x-api-key', KEY);
  const codes = await together(
    count,
    () =>
      new Promise<number | undefined>((resolve) => {
        const same = (bytes: Buffer) => bytes;
        const path = '/inference.GRPCInferenceService/ModelInfer';
        client.makeUnaryRequest(path, same, same, message, metadata, (error) => resolve(error?.code));
      }),
  );
  client.close();
  expect([status.OUT_OF_RANGE, status.UNAVAILABLE]).toEqual(expect.arrayContaining([...new Set(codes)]));
}
