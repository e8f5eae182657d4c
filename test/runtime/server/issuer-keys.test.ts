import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IssuerKeys } from '../../../runtime/src/server/issuer-keys.js';
import { jwtVerifier } from '../../../runtime/src/server/jwt.js';

const MINUTE = 60_000;

let issuer: Server;
let url: string;
let asked: string[];
let answer: RequestListener | undefined;
let now: number;
let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let kid: string;

beforeEach(async () => {
  asked = [];
  answer = undefined;
  now = 0;
  kid = 'one';
  pair = await generateKeyPair('ES256');
  issuer = createServer(async (request, response) => {
    asked.push(request.url!);
    if (answer) return answer(request, response);
    const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256' };
    response.end(JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : { issuer: url, jwks_uri: `${url}/keys` }));
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => issuer.once('listening', listening));
  url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
});
afterEach(() => {
  issuer.closeAllConnections();
  issuer.close();
});

const verifier = () => jwtVerifier({ issuer: url, audience: ['models'] }, new IssuerKeys(url, () => now));
const bearer = async (expires: string | number = '1h') => {
  const token = new SignJWT({ sub: 'caller' }).setProtectedHeader({ alg: 'ES256', kid }).setIssuer(url);
  return `Bearer ${await token.setAudience('models').setExpirationTime(expires).sign(pair.privateKey)}`;
};

describe('fault 40: an issuer of tokens that is down', () => {
  it('costs no caller whose key was read before, and is asked again at intervals only', async () => {
    const verify = verifier();
    const token = await bearer();
    expect((await verify(token)).sub).toBe('caller');
    answer = (_, response) => response.writeHead(500).end();
    now += 11 * MINUTE;
    asked = [];
    for (let call = 0; call < 50; call++) expect((await verify(token)).sub).toBe('caller');
    expect(asked.length).toBeLessThanOrEqual(1);
    answer = undefined;
  });

  it('does not hold up a caller while it hangs', async () => {
    const verify = verifier();
    const token = await bearer();
    await verify(token);
    answer = () => {};
    now += 11 * MINUTE;
    expect((await verify(token)).sub).toBe('caller');
  });

  it('is asked once for many callers that come before its keys were read', async () => {
    const verify = verifier();
    answer = (_, response) => response.writeHead(500).end();
    const token = await bearer();
    for (let call = 0; call < 20; call++) await expect(verify(token)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(asked).toHaveLength(1);
    answer = undefined;
    now += MINUTE;
    expect((await verify(token)).sub).toBe('caller');
  });
});

describe('the keys of an issuer', () => {
  it('are read again for a token of a new key, and not for each of an unknown one', async () => {
    const verify = verifier();
    await verify(await bearer());
    pair = await generateKeyPair('ES256');
    kid = 'two';
    now += MINUTE;
    expect((await verify(await bearer())).sub).toBe('caller');
    kid = 'three';
    const unknown = await bearer();
    asked = [];
    for (let call = 0; call < 20; call++)
      await expect(verify(unknown)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(asked).toEqual([]);
  });

  it.each([
    ['of another issuer', () => ({ issuer: 'https://other.example', jwks_uri: `${url}/keys` })],
    ['whose keys are no URL of a server', () => ({ issuer: url, jwks_uri: 'data:application/json,{"keys":[]}' })],
    ['that is larger than a document may be', () => ({ issuer: url, jwks_uri: `${url}/keys`, x: 'x'.repeat(2 ** 21) })],
  ])('are not taken from a discovery document %s', async (_, made) => {
    answer = (_request, response) => response.end(JSON.stringify(made()));
    await expect(verifier()(await bearer())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('verify a token that expired within the difference of two clocks', async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const verify = verifier();
    expect((await verify(await bearer(seconds - 30))).sub).toBe('caller');
    await expect(verify(await bearer(seconds - 90))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});
