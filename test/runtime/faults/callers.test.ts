import { createHash, timingSafeEqual } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { admission } from '../../../runtime/src/server/admission.js';
import { describeServers } from '../../support/every-server.js';
import { Issuer } from '../../support/issuer.js';
import { IRIS_REQUEST, post, predict, raw, type Variables } from './servers.js';

// The real one, whose calls are counted.
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) };
});

const hash = (key: string) => createHash('sha256').update(key).digest('hex');

describeServers('fault 13: credentials', (start) => {
  let issuer: Issuer;
  let configured: Variables;

  beforeAll(async () => {
    issuer = await Issuer.start();
    configured = {
      [ENVIRONMENT.jwtIssuer]: issuer.url,
      [ENVIRONMENT.jwtAudience]: 'models',
      NODE_EXTRA_CA_CERTS: issuer.certificate,
    };
  });
  afterAll(() => issuer.stop());

  const token = (claims: JWTPayload = {}) => issuer.token({ aud: 'models', ...claims });
  const withToken = async (value: string) => predict(await start(configured).url, { authorization: `Bearer ${value}` });

  it('lets the bearer of a valid token in', async () => {
    expect((await withToken(await token())).status).toBe(200);
  });

  it.each([
    ['that expired', () => token({ exp: Math.floor(Date.now() / 1000) - 3600 })],
    ['for another audience', () => token({ aud: 'others' })],
    ['of another issuer', () => token({ iss: 'https://elsewhere.example' })],
    ['that was changed', async () => `${(await token()).slice(0, -8)}AAAAAAAA`],
    ['without a signature', async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.e30`],
    [
      'signed with the public key as a secret',
      async () =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .setIssuer(issuer.url)
          .setAudience('models')
          .setExpirationTime('1h')
          .sign(Buffer.from(JSON.stringify(issuer.publicKey))),
    ],
  ])('refuses a token %s, without saying why', async (_, make) => {
    const response = await withToken(await make());
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: 'the bearer token is not valid' });
  });

  it('says that the service is not available where the keys of the issuer cannot be read', async () => {
    issuer.isBroken = true;
    try {
      const response = await withToken(await token());
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      issuer.isBroken = false;
    }
  });

  it('refuses who brings none, but not probes', async () => {
    const base = await start(configured).url;
    expect((await predict(base)).status).toBe(401);
    expect((await fetch(`${base}/metrics`)).status).toBe(401);
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200);
  });

  it('lets Vertex AI ask for health on the route it chose', async () => {
    const routes = { AIP_HEALTH_ROUTE: '/healthy', AIP_PREDICT_ROUTE: '/score-it' };
    const base = await start({ ...configured, ...routes }).url;
    expect((await fetch(`${base}/healthy`)).status).toBe(200);
    expect((await post(`${base}/score-it`, '{"instances": [[1, 2, 3, 4]]}')).status).toBe(401);
  });

  it('takes the keys that are configured and no others', async () => {
    const base = await start({ [ENVIRONMENT.apiKeyHashes]: `${hash('one')},${hash('two')}` }).url;
    expect((await predict(base, { 'x-api-key': 'two' })).status).toBe(200);
    expect((await predict(base, { 'x-api-key': 'three' })).status).toBe(401);
    expect((await predict(base, { 'x-api-key': hash('one') })).status).toBe(401);
    expect((await predict(base)).status).toBe(401);
  });
});

describeServers('fault 13: the body of a caller without a credential', (start) => {
  const apiKeyHashes = hash('the-right-key');
  const head = (...headers: string[]) =>
    ['POST /v1/models/iris:predict HTTP/1.1', 'Host: x', ...headers, '', ''].join('\r\n');

  it('is not waited for, as memory is for those who are let in', async () => {
    const base = await start({ [ENVIRONMENT.apiKeyHashes]: apiKeyHashes }).url;
    const answer = await raw(base, [head('Content-Length: 60000000')]);
    expect(answer).toMatch(/^HTTP\/1.1 401 [\s\S]*connection: close/i);
  });

  it('is not asked for either', async () => {
    const base = await start({ [ENVIRONMENT.apiKeyHashes]: apiKeyHashes }).url;
    const length = `Content-Length: ${IRIS_REQUEST.length}`;
    expect(await raw(base, [head(length, 'Expect: 100-continue')])).toMatch(/^HTTP\/1.1 401 /);
    const admitted = [
      head(length, 'Expect: 100-continue', 'X-Api-Key: the-right-key', 'Connection: close'),
      IRIS_REQUEST,
    ];
    expect(await raw(base, admitted)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
  });

  it('costs a caller one request of its quota', async () => {
    const base = await start({ [ENVIRONMENT.requestsPerSecond]: 1 }).url;
    const statuses = [await predict(base), await predict(base)].map(({ status }) => status);
    expect(statuses).toEqual([200, 429]);
  });
});

describe('fault 13: the time that credentials take', () => {
  it('is the same: every key is compared in full, whichever is right', async () => {
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

describeServers('fault 13: credentials of callers', (start) => {
  it('leave nothing in the log', async () => {
    const server = start({
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
});

describeServers('fault 14: a caller over its quota', (start) => {
  it('is told when to come back, and other callers are not affected', async () => {
    const base = await start({
      [ENVIRONMENT.apiKeyHashes]: `${hash('one')},${hash('two')}`,
      [ENVIRONMENT.requestsPerSecond]: 1,
    }).url;
    const first = await Promise.all(Array.from({ length: 5 }, () => predict(base, { 'x-api-key': 'one' })));
    const refused = first.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await predict(base, { 'x-api-key': 'two' })).status).toBe(200);
    expect((await fetch(`${base}/v2/health/live`)).status).toBe(200);
  });
});
