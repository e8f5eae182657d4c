import type { JWTPayload } from 'jose';
import type { JwtConfig } from '../config.js';
import { InferenceError } from '../tensor/errors.js';

/** Asymmetric algorithms only: the keys come from a public document. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Verifies the bearer token of an `Authorization` header. */
export type JwtVerifier = (authorization: string | undefined) => Promise<JWTPayload>;

/**
 * A verifier for tokens of one issuer, whose keys are discovered with the first token and cached.
 *
 * @throws InferenceError from the verifier: `UNAUTHENTICATED`, without saying why to whoever tries, or `UNAVAILABLE`
 */
export function jwtVerifier({ issuer, audience }: JwtConfig): JwtVerifier {
  type Keys = ReturnType<typeof import('jose').createRemoteJWKSet>;
  let keys: Promise<Keys> | undefined;
  return async (authorization) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new InferenceError('UNAUTHENTICATED', 'a bearer token is needed');
    const { createRemoteJWKSet, errors, jwtVerify } = await import('jose');
    keys ??= discover(issuer).then((url) => createRemoteJWKSet(url));
    let found: Keys;
    try {
      found = await keys;
    } catch {
      keys = undefined;
      throw new InferenceError('UNAVAILABLE', 'the keys of the issuer cannot be read', 5);
    }
    try {
      const options = { issuer, audience: [...audience], algorithms: ALGORITHMS, requiredClaims: ['exp'] };
      return (await jwtVerify(token, found, options)).payload;
    } catch (error) {
      // Keys that cannot be read are no fault of the token: jose gives them no class of their own but for the time-out.
      const isJose = error instanceof errors.JOSEError;
      if (!isJose || error instanceof errors.JWKSTimeout || error.code === errors.JOSEError.code) {
        throw new InferenceError('UNAVAILABLE', 'the keys of the issuer cannot be read', 5);
      }
      throw new InferenceError('UNAUTHENTICATED', 'the bearer token is not valid');
    }
  };
}

async function discover(issuer: string): Promise<URL> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const { jwks_uri: keys } = (await response.json()) as { jwks_uri: string };
  return new URL(keys);
}
