import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { pacedLoad } from '../../benchmarks/support/paced.js';

const post = { path: '/predict', headers: { 'content-type': 'text/plain' }, body: Buffer.from('picture') };

let server: Server;
afterEach(() => server.close());

async function serve(answer: () => number): Promise<{ port: number; bodies: string[] }> {
  const bodies: string[] = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(`${request.method} ${request.url} ${body}`);
    const status = answer();
    response.writeHead(status, { 'content-length': 2 }).end('ok');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, bodies };
}

it('sends as many requests as are due, and no more', async () => {
  const { port, bodies } = await serve(() => 200);
  const report = await pacedLoad(port, post, 100, 1);
  // A second to warm up, and the one that counts.
  expect(bodies).toHaveLength(200);
  expect(new Set(bodies)).toEqual(new Set(['POST /predict picture']));
  expect(report.requestsPerSecond).toBeGreaterThan(0);
  expect(report.p50).toBeGreaterThan(0);
  expect(report.p90).toBeGreaterThanOrEqual(report.p50);
  expect(report.p99).toBeGreaterThanOrEqual(report.p90);
});

it('fails when a request is refused', async () => {
  let left = 150;
  const { port } = await serve(() => (left-- > 0 ? 200 : 503));
  await expect(pacedLoad(port, post, 100, 1)).rejects.toThrow(/503/);
});

it('fails when nobody listens', async () => {
  const { port } = await serve(() => 200);
  await new Promise((done) => server.close(done));
  await expect(pacedLoad(port, post, 100, 1)).rejects.toThrow(/ECONNREFUSED/);
});
