import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { admission } from '../../../runtime/src/server/admission.js';
import { IRIS, IRIS_REQUEST, post, predict, raw, serve, spawnServer, stopAll } from './servers.js';

afterEach(stopAll);

// The real one, whose calls are counted.
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) };
});

const hash = (key: string) => createHash('sha256').update(key).digest('hex');

describe('fault 13: credentials', () => {
  let issuer: Server;
  let url: string;
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;

  beforeAll(async () => {
    keys = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
    issuer = createServer((request, response) => {
      const isKeys = request.url === '/keys';
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(isKeys ? { keys: [jwk] } : { issuer: url, jwks_uri: `${url}/keys` }));
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => issuer.once('listening', listening));
    url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    issuer.closeAllConnections();
    issuer.close();
  });

  const token = (claims: { audience?: string; issuer?: string; expires?: string } = {}) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(claims.issuer ?? url)
      .setAudience(claims.audience ?? 'models')
      .setExpirationTime(claims.expires ?? '1h')
      .sign(keys.privateKey);
  const withToken = async (value: string) =>
    predict(await serve({ jwt: { issuer: url, audience: ['models'] } }), { authorization: `Bearer ${value}` });

  it('lets the bearer of a valid token in', async () => {
    expect((await withToken(await token())).status).toBe(200);
  });

  it.each([
    ['that expired', () => token({ expires: '-1h' })],
    ['for another audience', () => token({ audience: 'others' })],
    ['of another issuer', () => token({ issuer: 'https://elsewhere.example' })],
    ['that was changed', async () => `${(await token()).slice(0, -8)}AAAAAAAA`],
    ['without a signature', async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.e30`],
    [
      'signed with the public key as a secret',
      async () =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .setIssuer(url)
          .setAudience('models')
          .setExpirationTime('1h')
          .sign(Buffer.from(JSON.stringify(await exportJWK(keys.publicKey)))),
    ],
  ])('refuses a token %s, without saying why', async (_, make) => {
    const response = await withToken(await make());
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: 'the bearer token is not valid' });
  });

  it('says that the service is not available where the keys of the issuer cannot be read', async () => {
    const bare = createServer((request, response) => {
      if (request.url === '/keys') response.writeHead(500).end();
      else response.end(JSON.stringify({ jwks_uri: `http://${request.headers.host}/keys` }));
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => bare.once('listening', listening));
    const broken = `http://127.0.0.1:${(bare.address() as AddressInfo).port}`;
    try {
      const base = await serve({ jwt: { issuer: broken, audience: ['models'] } });
      const response = await predict(base, { authorization: `Bearer ${await token()}` });
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      bare.closeAllConnections();
      bare.close();
    }
  });

  it('refuses who brings none, but not probes', async () => {
    const base = await serve({ jwt: { issuer: url, audience: ['models'] } });
    expect((await predict(base)).status).toBe(401);
    expect((await fetch(`${base}/metrics`)).status).toBe(401);
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200);
  });

  it('lets Vertex AI ask for health on the route it chose', async () => {
    const vertexRoutes = { health: '/healthy', predict: '/score-it' };
    const base = await serve({ jwt: { issuer: url, audience: ['models'] } }, { vertexRoutes });
    expect((await fetch(`${base}/healthy`)).status).toBe(200);
    expect((await post(`${base}/score-it`, '{"instances": [[1, 2, 3, 4]]}')).status).toBe(401);
  });

  it('takes the keys that are configured and no others', async () => {
    const base = await serve({ apiKeyHashes: [hash('one'), hash('two')] });
    expect((await predict(base, { 'x-api-key': 'two' })).status).toBe(200);
    expect((await predict(base, { 'x-api-key': 'three' })).status).toBe(401);
    expect((await predict(base, { 'x-api-key': hash('one') })).status).toBe(401);
    expect((await predict(base)).status).toBe(401);
  });
});

describe('fault 13: the body of a caller without a credential', () => {
  const apiKeyHashes = [hash('the-right-key')];
  const head = (...headers: string[]) =>
    ['POST /v1/models/iris:predict HTTP/1.1', 'Host: x', ...headers, '', ''].join('\r\n');

  it('is not waited for, as memory is for those who are let in', async () => {
    const base = await serve({ apiKeyHashes });
    const answer = await raw(base, [head('Content-Length: 60000000')]);
    expect(answer).toMatch(/^HTTP\/1.1 401 [\s\S]*connection: close/i);
  });

  it('is not asked for either', async () => {
    const base = await serve({ apiKeyHashes });
    const length = `Content-Length: ${IRIS_REQUEST.length}`;
    expect(await raw(base, [head(length, 'Expect: 100-continue')])).toMatch(/^HTTP\/1.1 401 /);
    const admitted = [
      head(length, 'Expect: 100-continue', 'X-Api-Key: the-right-key', 'Connection: close'),
      IRIS_REQUEST,
    ];
    expect(await raw(base, admitted)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
  });

  it('costs a caller one request of its quota', async () => {
    const base = await serve({ requestsPerSecond: 1 });
    const statuses = [await predict(base), await predict(base)].map(({ status }) => status);
    expect(statuses).toEqual([200, 429]);
  });
});

describe('fault 13: what credentials leave behind', () => {
  it('is nothing in the log', async () => {
    const server = spawnServer({
      [ENVIRONMENT.model]: IRIS,
      [ENVIRONMENT.logLevel]: 'debug',
      [ENVIRONMENT.apiKeyHashes]: hash('the-right-key'),
      [ENVIRONMENT.jwtIssuer]: 'https://issuer.example',
      [ENVIRONMENT.jwtAudience]: 'models',
    });
    const base = await server.url;
    expect((await predict(base, { 'x-api-key': 'the-right-key' })).status).toBe(200);
    expect((await predict(base, { 'x-api-key': 'a-wrong-key' })).status).toBe(401);
    expect((await predict(base, { authorization: 'Bearer no-token-at-all' })).status).toBe(401);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(server.log()).toContain('"status":401');
    for (const secret of ['the-right-key', 'a-wrong-key', 'no-token-at-all', hash('the-right-key')]) {
      expect(server.log()).not.toContain(secret);
    }
  });

  it('is no time: every key is compared in full, whichever is right', async () => {
    const admit = admission({ apiKeyHashes: ['one', 'two', 'three'].map(hash) })!;
    const comparisons = async (key: string) => {
      vi.mocked(timingSafeEqual).mockClear();
      await admit({ headers: { 'x-api-key': key } }).catch(() => {});
      return vi.mocked(timingSafeEqual).mock.calls.map(([, given]) => given.byteLength);
    };
    for (const key of ['one', 'three', 'four', '', 'x'.repeat(10_000)])
      expect(await comparisons(key)).toEqual([32, 32, 32]);
  });
});

describe('fault 14: a caller over its quota', () => {
  it('is told when to come back, and other callers are not affected', async () => {
    const base = await serve({ apiKeyHashes: [hash('one'), hash('two')], requestsPerSecond: 1 });
    const first = await Promise.all(Array.from({ length: 5 }, () => predict(base, { 'x-api-key': 'one' })));
    const refused = first.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await predict(base, { 'x-api-key': 'two' })).status).toBe(200);
    expect((await fetch(`${base}/v2/health/live`)).status).toBe(200);
  });
});
