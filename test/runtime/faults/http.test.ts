import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT, LIVE_PATH } from '../../../runtime/src/contract.js';
import { ByteBudget } from '../../../runtime/src/http/byte-budget.js';
import { createRuntime } from '../../../runtime/src/runtime.js';
import { createHttpServer, serverTimes } from '../../../runtime/src/server/http-server.js';
import { describeServers } from '../../support/every-server.js';
import { IRIS, IRIS_REQUEST, metric, post, predict, raw, serve, stopAll } from './servers.js';

afterEach(stopAll);

const HEAD = 'POST /v1/models/iris:predict HTTP/1.1\r\nHost: x\r\n';

describeServers('fault 6: a body over the limit', (start) => {
  it('is refused by its length before it is sent, and the connection is closed', async () => {
    const base = await start({ [ENVIRONMENT.maxBodyBytes]: 1000 }).url;
    expect(await raw(base, [`${HEAD}Content-Length: 1001\r\n\r\n`])).toMatch(
      /^HTTP\/1.1 413 [\s\S]*connection: close/i,
    );
    expect((await predict(base)).status).toBe(200);
  });

  it('is refused where no length is told, once it is over', async () => {
    const base = await start({ [ENVIRONMENT.maxBodyBytes]: 1000 }).url;
    const chunk = `1f4\r\n${'x'.repeat(500)}\r\n`;
    const answer = await raw(base, [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk, chunk]);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect((await predict(base)).status).toBe(200);
  });
});

describeServers('a client that sends on after it was refused', (start) => {
  it('gets the answer, and no reset', async () => {
    const base = await start({ [ENVIRONMENT.maxBodyBytes]: 1000 }).url;
    const answer = await post(`${base}/v1/models/iris:predict`, Buffer.alloc(20 * 2 ** 20, ' '));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toEqual({ error: expect.stringContaining('1000 bytes') });
  });
});

describeServers('a target that names the host', (start) => {
  it.each([
    ['http://any.example/v2/health/live?x=1', 200],
    ['HTTP://any.example', 200],
    ['http://any.example?x=1', 200],
    ['http://any.example/none', 404],
  ])('%s is answered with %i', async (target, status) => {
    const answer = await raw(await start().url, [`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`]);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});

describeServers('fault 7: compressed bodies', (start) => {
  const send = async (body: Buffer, encoding: string) => {
    const base = await start({ [ENVIRONMENT.maxBodyBytes]: 100_000 }).url;
    const headers = { 'content-encoding': encoding };
    return (await post(`${base}/v1/models/iris:predict`, body, headers)).status;
  };

  it('are unpacked', async () => {
    expect(await send(gzipSync(IRIS_REQUEST), 'gzip')).toBe(200);
  });

  it('are refused once they are over the limit unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage.rss();
    expect(await send(bomb, 'gzip')).toBe(413);
    expect(process.memoryUsage.rss() - before).toBeLessThan(48 * 1024 * 1024);
  });

  it.each(['br', 'gzip, gzip', 'zstd'])('are refused as %s', async (encoding) => {
    expect(await send(gzipSync(gzipSync(IRIS_REQUEST)), encoding)).toBe(415);
  });

  it('are refused if they do not unpack', async () => {
    expect(await send(gzipSync(IRIS_REQUEST).subarray(0, 20), 'gzip')).toBe(400);
    expect(await send(Buffer.from(IRIS_REQUEST), 'gzip')).toBe(400);
  });
});

describeServers('binary tensors behind JSON, in a body that comes in parts', (start) => {
  const send = async (jsonLength: string, parts: readonly (string | Buffer)[]) => {
    const base = await start().url;
    const head =
      'POST /v2/models/iris/infer HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n' +
      `Content-Type: application/octet-stream\r\nInference-Header-Content-Length: ${jsonLength}\r\n\r\n`;
    const chunks = parts.flatMap((part) => [`${part.length.toString(16)}\r\n`, part, '\r\n']);
    return raw(base, [head, ...chunks, '0\r\n\r\n']);
  };
  const flower = Buffer.from(Float32Array.of(5.1, 3.5, 1.4, 0.2).buffer);

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('are read wherever they begin, such as at 8n + %i', async (spaces) => {
    const input = { name: 'features', datatype: 'FP32', shape: [1, 4], parameters: { binary_data_size: 16 } };
    const json = JSON.stringify({ inputs: [input] }) + ' '.repeat(spaces);
    const answer = await send(String(json.length), [json, flower.subarray(0, 5), flower.subarray(5)]);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain('"label"');
  });

  it.each(['1.5', '-3', '1e400', 'NaN', '99999999999999999999'])('are refused after %s bytes', async (jsonLength) => {
    expect(await send(jsonLength, ['{"inputs":[', ']}'])).toMatch(/^HTTP\/1.1 400 /);
  });
});

describeServers('fault 8: a hundred thousand tiny chunks', (start) => {
  it('on many connections cost no memory to speak of', async () => {
    const server = start({ [ENVIRONMENT.logLevel]: 'info' });
    const base = await server.url;
    const memory = () => metric(base, 'process_resident_memory_bytes');
    const chunks = '1\r\n[\r\n'.repeat(100_000);
    const send = () => raw(base, [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, chunks]);
    await send();
    const before = await memory();
    for (const answer of await Promise.all(Array.from({ length: 20 }, send)))
      expect(answer).toMatch(/^(HTTP\/1.1 400 |$)/);
    expect((await memory()) - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('are refused', async () => {
    const base = await start().url;
    const answer = await raw(base, [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n[\r\n'.repeat(100_000)]);
    expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*in chunks of less than/);
    expect((await predict(base)).status).toBe(200);
  });
});

describe('fault 9: clients that stall', () => {
  it.each([
    ['before the first byte', []],
    ['within the headers', [HEAD]],
    ['within the body', [`${HEAD}Content-Length: 100\r\n\r\n[[`]],
    ['after an answer', ['GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n']],
  ])('%s are cut off', async (_, parts) => {
    const { app } = createRuntime(readConfig({ [ENVIRONMENT.model]: IRIS }));
    const server = createHttpServer(app, {
      maxBodyBytes: 1000,
      times: { headersMs: 100, requestMs: 200, idleMs: 100, readMs: 100, checkMs: 50 },
      budget: new ByteBudget(1000),
      maxConnections: 10,
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const answer = await raw(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, parts);
      expect(answer).toMatch(/^(HTTP\/1.1 408 |HTTP\/1.1 200 [\s\S]*{"live":true}$|$)/);
    } finally {
      server.close();
    }
  });
});

describe('a connection that a load balancer keeps', () => {
  // 301 seconds: an Application Load Balancer before a model that may take 300. 600: Google's, always.
  it.each([
    [60, 600],
    [300, 600],
    [3999, 4000],
  ])('with a time limit of %i s is not closed within %i s', (timeoutSeconds, balancerSeconds) => {
    expect(serverTimes(timeoutSeconds).idleMs).toBeGreaterThan(balancerSeconds * 1000);
  });

  it('is told how long it may be idle', async () => {
    const response = await fetch(`${await serve()}${LIVE_PATH}`);
    expect(response.headers.get('keep-alive')).toBe('timeout=620');
  });
});

describeServers('fault 10: what proxies and servers read differently', (start) => {
  it.each([
    ['a length and chunks', 400, `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', 400, `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\n[[]]]`],
    ['a header without a colon', 400, `${HEAD}nonsense\r\n\r\n`],
    ['a space before the colon', 400, `${HEAD}Content-Length : 5\r\n\r\n`],
    ['two hosts', 400, `${HEAD}Host: y\r\nContent-Length: 0\r\n\r\n`],
    ['no HTTP version', 400, 'GET /v2/health/live\r\n\r\n'],
    ['a transfer coding other than chunked', 501, `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['large headers', 431, `${HEAD}X-Large: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('%s is refused with %i, and the connection closed', async (_, status, bytes) => {
    const base = await start().url;
    expect(await raw(base, [bytes])).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await predict(base)).status).toBe(200);
  });
});

describeServers('fault 12: content types', (start) => {
  it.each(['text/csv', 'application/xml', 'application/octet-stream', 'image/png'])('refuses %s', async (type) => {
    const response = await predict(await start().url, { 'content-type': type });
    expect(response.status).toBe(415);
    expect(await response.json()).toEqual({ error: expect.stringContaining(`content-type ${type}`) });
  });

  it.each(['application/json; charset=utf-8', 'application/x-www-form-urlencoded'])('takes %s', async (type) => {
    expect((await predict(await start().url, { 'content-type': type })).status).toBe(200);
  });

  it.each(['identity', 'Identity', ''])('takes a body whose content encoding is "%s"', async (encoding) => {
    expect((await predict(await start().url, { 'content-encoding': encoding })).status).toBe(200);
  });

  it('takes JSON of no type', async () => {
    const base = await start().url;
    const bytes = `${HEAD}Connection: close\r\nContent-Length: ${IRIS_REQUEST.length}\r\n\r\n${IRIS_REQUEST}`;
    expect(await raw(base, [bytes])).toMatch(/^HTTP\/1.1 200 /);
  });
});

describeServers('fault 29: names that are paths or addresses', (start) => {
  it.each(['..%2f..%2fetc', '%2e%2e', 'iris%00', 'http:%2f%2f169.254.169.254%2f', 'a'.repeat(600)])(
    'finds no model %s',
    async (name) => {
      const base = await start().url;
      for (const path of [`/v1/models/${name}:predict`, `/v2/models/${name}/infer`]) {
        const answer = await raw(base, [
          `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
        ]);
        expect(answer).toMatch(/^HTTP\/1.1 (400|404|414) /);
      }
    },
  );

  it('loads no model that a request names', async () => {
    const base = await start().url;
    const body = JSON.stringify({ model_name: 'x', url: 'http://169.254.169.254/latest/' });
    expect((await post(`${base}/models`, body, { 'content-type': 'application/json' })).status).toBeGreaterThanOrEqual(
      400,
    );
    expect((await post(`${base}/v2/repository/models/x/load`, '{}')).status).toBeGreaterThanOrEqual(400);
  });
});

describeServers('the option of strict inputs', (start) => {
  it.each([
    ['false', 200],
    ['true', 400],
  ])('set to %s answers %i to another name', async (value, status) => {
    const body = { inputs: [{ name: 'input-0', datatype: 'FP32', shape: [1, 4], data: [5.1, 3.5, 1.4, 0.2] }] };
    const url = `${await start({ [ENVIRONMENT.strictInputs]: value }).url}/v2/models/iris/infer`;
    expect((await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status).toBe(status);
  });
});
