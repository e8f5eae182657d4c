import type { JWTVerifyGetKey } from 'jose';
import type { JwtConfig } from '../config.js';
import { InferenceError } from '../tensor/errors.js';
import { IssuerKeys } from './issuer-keys.js';

/** Allowed signature algorithms. All are asymmetric, because the keys come from a public document. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Claims of a token with verified signature, issuer and audience. */
export interface JwtClaims {
  readonly sub?: string;
  readonly [claim: string]: unknown;
}

/** Verifies the bearer token of an `Authorization` header. */
export type JwtVerifier = (authorization: string | undefined) => Promise<JwtClaims>;

/** Allowed clock difference between issuer and server, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 60;

/**
 * Creates a verifier for tokens of one issuer. It discovers the issuer's keys with the first token and caches them.
 *
 * @throws InferenceError from the verifier: `UNAUTHENTICATED`, without a reason, or `UNAVAILABLE`
 */
export function jwtVerifier({ issuer, audience }: JwtConfig, keys = new IssuerKeys(issuer)): JwtVerifier {
  return async (authorization) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new InferenceError('UNAUTHENTICATED', 'a bearer token is required');
    const { errors, jwtVerify } = await import('jose');
    const options = {
      issuer,
      audience: [...audience],
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    };
    const found = await keys.current().catch(() => {
      throw new InferenceError('UNAVAILABLE', 'the keys of the issuer cannot be read', 5);
    });
    try {
      try {
        return (await jwtVerify(token, found as JWTVerifyGetKey, options)).payload;
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        return (await jwtVerify(token, (await keys.renewed()) as JWTVerifyGetKey, options)).payload;
      }
    } catch {
      throw new InferenceError('UNAUTHENTICATED', 'the bearer token is not valid');
    }
  };
}
