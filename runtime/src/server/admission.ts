import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from '../http/http.js';
import { InferenceError } from '../tensor/errors.js';
import type { JwtVerifier } from './jwt.js';
import { TokenBuckets } from './token-buckets.js';

/** Authentication and rate limits for callers. */
export interface AdmissionOptions {
  /** Verifier for bearer tokens. @default - no token is accepted */
  readonly verifier?: JwtVerifier;
  /** SHA-256 of each API key, in hexadecimal digits. @default - no API key is accepted */
  readonly apiKeyHashes?: readonly string[];
  /** Requests per second for each caller. All callers without a credential share one limit. @default - no limit */
  readonly requestsPerSecond?: number;
  /** Counts the requests of each caller. @default - a count of this process */
  readonly quota?: Quota;
}

/** Rate limits of callers. */
export interface Quota {
  /**
   * Takes one request from the quota of `caller`.
   *
   * @returns 0 if the request is allowed, otherwise the seconds until the next one is
   */
  take(caller: string): number | Promise<number>;
}

/** Authenticates the caller of a request and applies the rate limit, for HTTP and gRPC alike. */
export type Admission = (request: Pick<HttpRequest, 'headers'>) => Promise<void>;

/**
 * Creates the admission check that runs on each request. Returns undefined if no credential and no rate limit is
 * configured.
 *
 * @throws InferenceError from the check: `UNAUTHENTICATED`, or `RESOURCE_EXHAUSTED` with the seconds to wait
 */
export function admission(options: AdmissionOptions): Admission | undefined {
  const { verifier, apiKeyHashes = [], requestsPerSecond } = options;
  const hashes = apiKeyHashes.map((hash) => Buffer.from(hash, 'hex'));
  const quota = requestsPerSecond === undefined ? undefined : (options.quota ?? new TokenBuckets(requestsPerSecond));
  if (!verifier && hashes.length === 0 && !quota) return undefined;

  return async ({ headers }) => {
    const caller = await identify(headers);
    const seconds = (await quota?.take(caller)) ?? 0;
    if (seconds === 0) return;
    const message = `more than ${requestsPerSecond} requests a second`;
    throw new InferenceError('RESOURCE_EXHAUSTED', message, Math.ceil(seconds));
  };

  async function identify(headers: HttpRequest['headers']): Promise<string> {
    const key = headers['x-api-key'];
    if (key !== undefined && hashes.length > 0) return byKey(key);
    if (verifier) return `token ${(await verifier(headers.authorization)).sub ?? ''}`;
    if (hashes.length === 0) return '';
    throw new InferenceError('UNAUTHENTICATED', 'an API key is required in the header x-api-key');
  }

  /** Compares the key with every hash in constant time, so that the response time reveals nothing about the keys. */
  function byKey(key: string): string {
    const hash = createHash('sha256').update(key).digest();
    const known = hashes.filter((each) => timingSafeEqual(each, hash)).length > 0;
    if (known) return `key ${hash.toString('base64')}`;
    throw new InferenceError('UNAUTHENTICATED', 'the API key is not valid');
  }
}
