import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { describeServers } from '../../support/every-server.js';
import { predict } from '../faults/servers.js';

const PAGE = 'https://pages.example';
const OTHER = 'https://other.example';
const preflight = (base: string, origin: string) =>
  fetch(`${base}/v2/models/iris/infer`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' },
  });

describeServers('pages of other origins', (start) => {
  it('may not call unless the server is told so', async () => {
    const base = await start().url;
    expect((await predict(base, { origin: PAGE })).headers.get('access-control-allow-origin')).toBeNull();
    expect((await preflight(base, PAGE)).headers.get('access-control-allow-methods')).toBeNull();
  });

  it('may call by every protocol, and read failures too, where they are named', async () => {
    const base = await start({ [ENVIRONMENT.corsOrigins]: `${PAGE}, http://localhost:3000` }).url;
    const answer = await predict(base, { origin: PAGE });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
    // A cache must not give one origin the answer that another got.
    expect(answer.headers.get('vary')).toBe('origin');
    const missing = await fetch(`${base}/v2/models/none`, { headers: { origin: 'http://localhost:3000' } });
    expect(missing.status).toBe(404);
    expect(missing.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    const asked = await preflight(base, PAGE);
    expect(asked.status).toBe(200);
    expect(asked.headers.get('access-control-allow-methods')).toContain('POST');
    expect(asked.headers.get('access-control-allow-headers')).toContain('x-api-key');
  });

  it('may read why a body was not taken', async () => {
    const base = await start({ [ENVIRONMENT.corsOrigins]: PAGE, [ENVIRONMENT.maxBodyBytes]: 10 }).url;
    const refused = await predict(base, { origin: PAGE });
    expect(refused.status).toBe(413);
    expect(refused.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect((await predict(base, { origin: OTHER })).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('may not call where others are named', async () => {
    const base = await start({ [ENVIRONMENT.corsOrigins]: PAGE }).url;
    for (const origin of [OTHER, `${PAGE}.evil.example`, 'null']) {
      expect((await predict(base, { origin })).headers.get('access-control-allow-origin')).toBeNull();
      expect((await preflight(base, origin)).headers.get('access-control-allow-methods')).toBeNull();
    }
  });

  it('may all call with a star, and never with what the browser keeps for the server', async () => {
    const base = await start({ [ENVIRONMENT.corsOrigins]: '*' }).url;
    const answer = await predict(base, { origin: OTHER });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect((await predict(base)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('need their credential for the call, but not to ask whether they may', async () => {
    const apiKeyHashes = createHash('sha256').update('key').digest('hex');
    const base = await start({ [ENVIRONMENT.corsOrigins]: PAGE, [ENVIRONMENT.apiKeyHashes]: apiKeyHashes }).url;
    expect((await preflight(base, PAGE)).status).toBe(200);
    const refused = await predict(base, { origin: PAGE });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect((await predict(base, { origin: PAGE, 'x-api-key': 'key' })).status).toBe(200);
  });
});

describeServers('fault 44: a page that loads or unloads models', (start) => {
  const calls = [
    ['POST', '/v2/repository/models/iris/unload', ''],
    ['POST', '/v2/repository/models/iris/load', ''],
    ['POST', '/models', '{"model_name": "iris", "url": "/models/iris"}'],
    ['DELETE', '/models/iris', undefined],
  ] as const;

  it.each(calls)('by %s %s is refused, as its own origin too, and a program is not', async (method, path, body) => {
    const base = await start({ [ENVIRONMENT.modelControl]: true }).url;
    const call = (headers: Record<string, string>) => fetch(base + path, { method, body, headers });
    for (const [name, value] of [
      ['origin', 'https://evil.example'],
      ['origin', 'null'],
      // The name of the page's host was pointed at the server.
      ['origin', base],
      ['sec-fetch-site', 'cross-site'],
      ['sec-fetch-site', 'same-origin'],
    ] as const) {
      const refused = await call({ 'content-type': 'text/plain', [name]: value });
      expect(refused.status).toBe(403);
      expect(await refused.text()).toMatch(/models are not loaded or unloaded for pages of .*MODELSHIP_CORS_ORIGINS/);
    }
    expect((await predict(base)).status).toBe(200);
    expect((await call({ 'content-type': 'application/json' })).status).not.toBe(403);
  });

  it('is served where its origin is allowed', async () => {
    const base = await start({ [ENVIRONMENT.modelControl]: true, [ENVIRONMENT.corsOrigins]: PAGE }).url;
    const headers = { origin: PAGE, 'content-type': 'application/json' };
    const answer = await fetch(`${base}/v2/repository/models/iris/unload`, { method: 'POST', headers });
    expect(answer.status).toBe(200);
  });
});
