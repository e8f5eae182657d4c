import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { ByteBudget } from '../../../runtime/src/http/byte-budget.js';
import type { HttpResponse } from '../../../runtime/src/http/http.js';
import { processFigures, RuntimeMetrics } from '../../../runtime/src/observability/metrics.js';
import type { App } from '../../../runtime/src/server/app.js';
import { type GrpcOptions, type GrpcServer, startGrpcServer } from '../../../runtime/src/server/grpc.js';
import { createHttpServer, type ServerLimits, serverTimes } from '../../../runtime/src/server/http-server.js';
import { InferenceError } from '../../../runtime/src/tensor/errors.js';
import { describeServers } from '../../support/every-server.js';
import { catalog, halfPlusTwo, model } from '../protocols/support.js';
import { post, predict, raw, stopAll, until } from './servers.js';

const MIB = 2 ** 20;
const KEY_HASH = createHash('sha256').update('secret').digest('hex');

const sockets: Socket[] = [];
const sessions: ClientHttp2Session[] = [];
const servers: Server[] = [];
const grpcServers: GrpcServer[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const session of sessions.splice(0)) session.destroy();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  await Promise.all(grpcServers.splice(0).map((server) => server.close(0)));
  await stopAll();
});

/** Opens a connection and writes `parts`; it stays open. */
async function open(base: string, ...parts: (string | Buffer)[]): Promise<Socket> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  for (const part of parts) socket.write(part);
  return socket;
}

/** Largest resident memory that a process had so far, in bytes. */
function peakMemory(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

describeServers('fault 33: a body on a path that takes none', (start) => {
  const head = (line: string) => `${line} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n`;

  it.each([
    ['POST /ping', 401],
    ['POST /v2/health/ready', 401],
    ['POST /none', 401],
    ['GET /v2/health/live', 200],
    ['GET /ping', 200],
  ])('%s without a key gets %i before the body is sent, and the connection ends', async (line, status) => {
    const base = await start({ [ENVIRONMENT.apiKeyHashes]: KEY_HASH }).url;
    const answer = await raw(base, [`${head(line)}\r\n`]);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*connection: close`, 'i'));
  });

  it.each([
    ['POST /none', 404],
    ['DELETE /v2/models/iris/infer', 404],
  ])('%s with a key gets %i before the body is sent', async (line, status) => {
    const base = await start({ [ENVIRONMENT.apiKeyHashes]: KEY_HASH }).url;
    expect(await raw(base, [`${head(line)}x-api-key: secret\r\n\r\n`])).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});

describeServers('fault 34: many large bodies at once', (start) => {
  const BODY = Buffer.alloc(600_000, ' ');
  const HEAD = `POST /v1/models/iris:predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 600000\r\n\r\n`;

  it('are rejected by their head while others hold the budget, and small requests are not', async () => {
    const base = await start({ [ENVIRONMENT.maxBufferBytes]: MIB }).url;
    const first = await open(base, HEAD, BODY.subarray(0, 500_000));
    await until(async () => /^HTTP\/1.1 503 [\s\S]*retry-after: 1/i.test(await raw(base, [HEAD, BODY])));
    expect((await predict(base)).status).toBe(200);
    first.destroy();
    await until(async () => (await raw(base, [HEAD, BODY])).startsWith('HTTP/1.1 400 '));
  });

  it('are rejected as they arrive where they announce no length', async () => {
    const base = await start({ [ENVIRONMENT.maxBufferBytes]: MIB }).url;
    const chunked = HEAD.replace('Content-Length: 600000', 'Transfer-Encoding: chunked');
    const chunk = [`${BODY.length.toString(16)}\r\n`, BODY, '\r\n'];
    await open(base, chunked, ...chunk);
    await until(async () => (await raw(base, [chunked, ...chunk, '0\r\n\r\n'])).startsWith('HTTP/1.1 503 '));
  });

  it('get 413 where the budget can never hold them', async () => {
    const base = await start({ [ENVIRONMENT.maxBufferBytes]: 500_000 }).url;
    expect(await raw(base, [HEAD])).toMatch(/^HTTP\/1.1 413 [\s\S]*raise MODELSHIP_MAX_BUFFER_BYTES/);
    expect((await predict(base)).status).toBe(200);
  });

  it('count with their tensors and their response', async () => {
    const base = await start({ [ENVIRONMENT.maxBufferBytes]: MIB }).url;
    const rows = (count: number) => JSON.stringify({ instances: Array.from({ length: count }, () => [1, 2, 3, 4]) });
    expect((await post(`${base}/v1/models/iris:predict`, rows(4000))).status).toBe(200);
    const answer = await post(`${base}/v1/models/iris:predict`, rows(40_000));
    expect([answer.status, await answer.text()]).toEqual([413, expect.stringContaining('bytes of memory')]);
    // Nothing stays counted.
    for (let call = 0; call < 20; call++) {
      expect((await post(`${base}/v1/models/iris:predict`, rows(4000))).status).toBe(200);
    }
  });
});

describeServers('fault 35: many bodies that unpack to much', (start) => {
  it('take no more memory than the budget allows', async () => {
    const server = start({ [ENVIRONMENT.maxBufferBytes]: 66 * MIB });
    const base = await server.url;
    const before = peakMemory(server.child.pid!);
    const bomb = gzipSync(Buffer.alloc(64 * MIB, ' '));
    const send = () => post(`${base}/v1/models/iris:predict`, bomb, { 'content-encoding': 'gzip' });
    const statuses = (await Promise.all(Array.from({ length: 30 }, send))).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([400, 503]));
    expect(peakMemory(server.child.pid!) - before).toBeLessThan(320 * MIB);
    expect((await predict(base)).status).toBe(200);
  });
});

/** A call as it begins, whose message is sent by `stream.write`. */
async function begin(port: number, headers: Record<string, string> = {}) {
  const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {});
  sessions.push(session);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/inference.GRPCInferenceService/ModelInfer',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const status = new Promise<IncomingHttpHeaders>((resolve) => {
    stream.once('response', (first) => {
      if (first['grpc-status'] !== undefined) resolve(first);
      else stream.once('trailers', resolve);
    });
    stream.on('error', () => {}).resume();
  });
  return { stream, status };
}

/** A message in gRPC's framing. */
function framed(message: Buffer, isCompressed = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(isCompressed ? 1 : 0, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

async function grpc(options: Partial<GrpcOptions> = {}, served = halfPlusTwo): Promise<GrpcServer> {
  const server = await startGrpcServer(catalog([served]), {
    host: '127.0.0.1',
    port: 0,
    maxMessageBytes: 64 * MIB,
    budget: new ByteBudget(64 * MIB),
    times: serverTimes(60),
    maxConnections: 100,
    onError: () => {},
    ...options,
  });
  grpcServers.push(server);
  return server;
}

describe('fault 36: gRPC messages that never end', () => {
  it('are not read without a credential', async () => {
    const metrics = new RuntimeMetrics();
    const denied = () => Promise.reject(new InferenceError('UNAUTHENTICATED', 'an API key is required'));
    const { port } = await grpc({ admission: denied, metrics });
    const { stream, status } = await begin(port);
    expect((await status)['grpc-status']).toBe('16');
    await until(async () => stream.closed);
    expect(metrics.text(processFigures(0))).toContain(
      'modelship_requests_total{api="grpc",status="UNAUTHENTICATED"} 1',
    );
  });

  it('end after the time that a message may take', async () => {
    const { port } = await grpc({ times: { requestMs: 50, readMs: 1000, idleMs: 10_000 } });
    const { stream, status } = await begin(port);
    stream.write(framed(Buffer.alloc(1000)).subarray(0, 500));
    expect((await status)['grpc-status']).toBe('4');
  });

  it('are rejected once together they are over the budget, which an ended call frees', async () => {
    const budget = new ByteBudget(MIB);
    const isHeld = () => {
      try {
        budget.open().check(MIB - 600_000 + 1);
        return false;
      } catch {
        return true;
      }
    };
    const { port } = await grpc({ budget });
    const part = framed(Buffer.alloc(2 * MIB)).subarray(0, 600_000);
    const first = await begin(port);
    first.stream.write(part);
    await until(async () => isHeld());
    const second = await begin(port);
    second.stream.write(part);
    expect(await second.status).toMatchObject({ 'grpc-status': '14', 'grpc-retry-pushback-ms': '1000' });
    first.stream.close();
    await until(async () => !isHeld());
  });

  it('are bounded in number on one connection', async () => {
    const { port } = await grpc();
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    sessions.push(session);
    const [settings] = await once(session, 'remoteSettings');
    expect(settings.maxConcurrentStreams).toBe(100);
  });
});

describe('fault 37: gRPC messages that unpack to much', () => {
  it('are rejected before they are unpacked while others hold the budget', async () => {
    const { port } = await grpc({ maxMessageBytes: MIB, budget: new ByteBudget(1.25 * MIB) });
    const bomb = framed(gzipSync(Buffer.alloc(MIB)), true);
    const first = await begin(port, { 'grpc-encoding': 'gzip' });
    first.stream.write(bomb.subarray(0, 500));
    await until(async () => {
      const { stream, status } = await begin(port, { 'grpc-encoding': 'gzip' });
      stream.end(bomb);
      return (await status)['grpc-status'] === '14';
    });
  });
});

describe('fault 63: a small gRPC message of millions of objects', () => {
  const field = (number: number, body: Buffer) => {
    const length: number[] = [];
    for (let rest = body.length; ; rest = Math.floor(rest / 128)) {
      length.push(rest > 127 ? (rest % 128) | 128 : rest);
      if (rest < 128) break;
    }
    return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), body]);
  };

  it.each([
    [
      'inputs without content',
      Buffer.concat([field(1, Buffer.from('half_plus_two')), Buffer.alloc(200_000, '2a00', 'hex')]),
    ],
    ['integers of 64 bits', field(5, field(5, field(3, Buffer.alloc(200_000, 1))))],
    ['empty strings', field(5, field(5, Buffer.alloc(200_000, '4200', 'hex')))],
  ])('is rejected before it is decoded: %s', async (_, message) => {
    const { port } = await grpc({ budget: new ByteBudget(4 * MIB) });
    const { stream, status } = await begin(port);
    stream.end(framed(message));
    const answer = await status;
    expect([answer['grpc-status'], decodeURIComponent(String(answer['grpc-message']))]).toEqual([
      '11',
      expect.stringContaining('bytes of memory'),
    ]);
  });

  it('is rejected if the decoder reads it unlike its wire types', async () => {
    const { port } = await grpc();
    const { stream, status } = await begin(port);
    stream.end(framed(Buffer.alloc(200_000, '2800', 'hex')));
    const answer = await status;
    expect([answer['grpc-status'], decodeURIComponent(String(answer['grpc-message']))]).toEqual([
      '3',
      'the message is malformed at byte 1',
    ]);
  });

  it('counts at least its own bytes', async () => {
    let held: number | undefined;
    const watched = model({
      compute: (_, { signal }) => {
        held = signal?.held?.bytes;
        return [];
      },
    });
    const { port } = await grpc({}, watched);
    const { stream, status } = await begin(port);
    const input = [field(1, Buffer.from('x')), field(2, Buffer.from('FP32')), field(3, Buffer.from([0]))];
    const message = [field(1, Buffer.from('half_plus_two')), field(5, Buffer.concat(input))];
    stream.end(framed(Buffer.concat([...message, field(15, Buffer.alloc(100_000))])));
    await status;
    expect(held).toBeGreaterThan(100_000);
  });
});

describe('fault 65: the message of a gRPC health check', () => {
  const CHECK = { ':path': '/grpc.health.v1.Health/Check' };
  const LARGE = Buffer.concat([Buffer.from('0a8010', 'hex'), Buffer.alloc(2048, 'x')]);

  it('is rejected after 1 KiB, before a credential is needed', async () => {
    const denied = () => Promise.reject(new InferenceError('UNAUTHENTICATED', 'an API key is required'));
    const { port } = await grpc({ admission: denied });
    const { stream, status } = await begin(port, CHECK);
    stream.write(framed(Buffer.alloc(MIB)).subarray(0, 1030));
    expect(await status).toMatchObject({ 'grpc-status': '11' });
    await until(async () => stream.closed);
  });

  it('is rejected if it unpacks to more', async () => {
    const { port } = await grpc();
    const { stream, status } = await begin(port, { ...CHECK, 'grpc-encoding': 'gzip' });
    stream.end(framed(gzipSync(LARGE), true));
    expect(await status).toMatchObject({ 'grpc-status': '11' });
  });

  it('is read up to 1 KiB', async () => {
    const { port } = await grpc();
    const { stream, status } = await begin(port, CHECK);
    stream.end(framed(Buffer.concat([Buffer.from('0afd07', 'hex'), Buffer.alloc(1021, 'x')])));
    expect(await status).toMatchObject({ 'grpc-status': '5' });
  });
});

/** Options of a client without limits of its own. The types lack the second one. */
const UNLIMITED = { maxOutstandingPings: 1000, maxOutstandingSettings: 1000 };

describe('fault 62: a flood of HTTP/2 control frames without a call', () => {
  it.each([
    ['PING', (session: ClientHttp2Session) => session.ping(() => {})],
    ['SETTINGS', (session: ClientHttp2Session) => session.settings({ enablePush: false })],
  ])('closes the connection that sends it: %s', async (_, send) => {
    const { port } = await grpc();
    const session = connectHttp2(`http://127.0.0.1:${port}`, UNLIMITED);
    sessions.push(session);
    await once(session, 'remoteSettings');
    const closed = new Promise((resolve) => session.once('goaway', resolve));
    session.on('error', () => {});
    for (let index = 0; index < 200 && !session.destroyed; index++) {
      send(session);
      if (index % 5 === 0) await new Promise((later) => setImmediate(later));
    }
    expect(await closed).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  it('does not include the pings of a client that calls', async () => {
    const { port } = await grpc();
    const { stream, status } = await begin(port);
    stream.end(framed(Buffer.alloc(10)));
    await status;
    const { session } = stream;
    const ping = () => new Promise<Error | null>((resolve) => session!.ping((error) => resolve(error)));
    for (let index = 0; index < 250; index++) {
      expect(await ping()).toBeNull();
      if (index % 50 === 0) (session as ClientHttp2Session).request({ ':method': 'POST', ':path': '/none' }).end();
    }
  });
});

/** Serves what answers every request alike. */
async function answering(body: Buffer, limits: Partial<ServerLimits>): Promise<string> {
  const response: HttpResponse = { status: 200, headers: {}, body };
  const app = { isDraining: false, takesBody: () => true, authorize: () => undefined, handle: async () => response };
  const server = createHttpServer(app as unknown as App, {
    maxBodyBytes: MIB,
    times: serverTimes(60),
    budget: new ByteBudget(MIB),
    maxConnections: 100,
    ...limits,
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const connections = (server: Server) =>
  new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));

describe('fault 38: a client that does not read its answer', () => {
  it('is disconnected', async () => {
    const base = await answering(Buffer.alloc(64 * MIB), { times: { ...serverTimes(60), readMs: 200 } });
    const socket = await open(base, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.pause();
    await until(async () => (await connections(servers[0]!)) === 1);
    await until(async () => (await connections(servers[0]!)) === 0);
  });

  it('does not end for a client that reads on', async () => {
    const base = await answering(Buffer.alloc(8 * MIB), { times: { ...serverTimes(60), readMs: 1000 } });
    const socket = await open(base, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    let read = 0;
    for await (const piece of socket) {
      read += piece.length;
      await new Promise((later) => setTimeout(later, 10));
    }
    expect(read).toBeGreaterThan(8 * MIB);
  });
});

describe('fault 39: more connections than the server keeps', () => {
  const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

  it('close those that have been idle longest', async () => {
    const base = await answering(Buffer.from('x'), { maxConnections: 3 });
    const idle: Socket[] = [];
    for (let index = 0; index < 3; index++) idle.push(await open(base));
    idle[0]!.write(REQUEST);
    await once(idle[0]!, 'data');
    await open(base);
    await until(async () => idle[1]!.closed);
    expect(idle.map(({ closed }) => closed)).toEqual([false, true, false]);
  });

  it('close the new one while all others have a request', async () => {
    const body = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx';
    const base = await answering(Buffer.from('x'), { maxConnections: 2 });
    const busy = [await open(base, body), await open(base, body)];
    await until(async () => (await connections(servers[0]!)) === 2);
    await new Promise((later) => setTimeout(later, 50));
    const late = await open(base, REQUEST);
    await until(async () => late.closed);
    busy[0]!.write('y');
    expect(String((await once(busy[0]!, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /);
  });
});
