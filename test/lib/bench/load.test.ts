import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { postBytes } from '../../../lib/bench/connection.js';
import { load, percentile } from '../../../lib/bench/load.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(listener: RequestListener): Promise<URL> {
  server = createServer(listener);
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/infer?x=1`);
}

async function run(url: URL, bodies: string[], headers = {}) {
  const requests = bodies.map((body) => postBytes(url, headers, Buffer.from(body)));
  return (await load({ url, requests: () => requests, connections: 2, seconds: 0.2, warmUpSeconds: 0 }))!;
}

describe('load', () => {
  test('sends the requests in turn, with their headers, over kept-alive connections', async () => {
    const bodies = new Set<string>();
    let sockets = 0;
    let other = 0;
    const url = await listen((request, response) => {
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        bodies.add(body);
        if (request.method !== 'POST' || request.url !== '/infer?x=1' || request.headers['x-key'] !== 'k') other++;
        response.end('{}');
      });
    });
    server!.on('connection', () => sockets++);

    const report = await run(url, ['one', 'zwei ü'], { 'x-key': 'k' });
    expect([...bodies].sort()).toEqual(['one', 'zwei ü']);
    expect(other).toBe(0);
    expect(sockets).toBe(2);
    expect(report.requests).toBeGreaterThan(2);
    expect(report.requestsPerSecond).toBeCloseTo(report.requests / report.seconds);
    expect(report.failures).toEqual({});
  });

  test('reads answers of any length, in pieces and in chunks', async () => {
    let count = 0;
    const url = await listen((request, response) => {
      request.resume();
      if (count++ % 2 === 0) {
        response.setHeader('content-length', 200_000);
        response.write(Buffer.alloc(100_000));
        setTimeout(() => response.end(Buffer.alloc(100_000)), 1);
      } else {
        response.write('chunk one');
        setTimeout(() => response.end('chunk two'), 1);
      }
    });
    const report = await run(url, ['{}']);
    expect(report.requests).toBe(count);
    expect(report.failures).toEqual({});
  });

  test('counts answers that are no success by their status', async () => {
    const url = await listen((request, response) => {
      request.resume();
      response.statusCode = 503;
      response.end('busy');
    });
    const report = await run(url, ['{}']);
    expect(report.failures).toEqual({ 503: report.requests });
  });

  test('reports what it measured when it is interrupted, though a response never comes', async () => {
    const interruption = new AbortController();
    let count = 0;
    const url = await listen((request, response) => {
      request.resume();
      if (count++ < 10) response.end('{}');
      else interruption.abort();
    });
    const requests = [postBytes(url, {}, Buffer.from('{}'))];
    const options = { url, requests: () => requests, connections: 1, seconds: 600, warmUpSeconds: 0 };
    expect(await load({ ...options, signal: interruption.signal })).toMatchObject({ requests: 10, failures: {} });
    expect(await load({ ...options, signal: interruption.signal })).toBeUndefined();
  });

  test('sends the requests that are current', async () => {
    const paths = new Set<string>();
    const url = await listen((request, response) => {
      request.resume();
      paths.add(String(request.headers['x-turn']));
      response.end('{}');
    });
    let turn = 0;
    const requests = () => [postBytes(url, { 'x-turn': String(turn++ % 3) }, Buffer.from('{}'))];
    await load({ url, requests, connections: 1, seconds: 0.2, warmUpSeconds: 0 });
    expect([...paths].sort()).toEqual(['0', '1', '2']);
  });

  test('fails if the server goes away', async () => {
    const url = await listen((request) => request.socket.destroy());
    await expect(run(url, ['{}'])).rejects.toThrow(/closed the connection|ECONNRESET/);
  });

  test('fails if nothing listens', async () => {
    const url = await listen(() => {});
    await new Promise((done) => server!.close(done));
    await expect(run(url, ['{}'])).rejects.toThrow(/ECONNREFUSED/);
  });
});

test('percentiles are by the nearest rank', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);
  expect([0, 0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 95, 99, 100]);
  expect(percentile(Float64Array.of(7), 0.99)).toBe(7);
});
