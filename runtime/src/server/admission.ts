import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from '../http/http.js';
import { InferenceError } from '../tensor/errors.js';
import type { JwtVerifier } from './jwt.js';
import { TokenBuckets } from './token-buckets.js';

/** Who may call, and how often. */
export interface AdmissionOptions {
  /** @default no token is taken */
  readonly verifier?: JwtVerifier;
  /** SHA-256 of each key, in hexadecimal digits. @default no key is taken */
  readonly apiKeyHashes?: readonly string[];
  /** Requests a second of each caller; those without a credential count as one. @default as many as they like */
  readonly requestsPerSecond?: number;
}

/** Lets a request in, by whichever protocol it came. */
export type Admission = (request: Pick<HttpRequest, 'headers'>) => Promise<void>;

/**
 * What decides on each request; undefined if everybody may call as often as they like.
 *
 * @throws InferenceError from the decision: `UNAUTHENTICATED`, or `RESOURCE_EXHAUSTED` with the time to wait
 */
export function admission({ verifier, apiKeyHashes = [], requestsPerSecond }: AdmissionOptions): Admission | undefined {
  const hashes = apiKeyHashes.map((hash) => Buffer.from(hash, 'hex'));
  const buckets = requestsPerSecond === undefined ? undefined : new TokenBuckets(requestsPerSecond);
  if (!verifier && hashes.length === 0 && !buckets) return undefined;

  return async ({ headers }) => {
    const caller = await identify(headers);
    const seconds = buckets?.take(caller, performance.now()) ?? 0;
    if (seconds === 0) return;
    const message = `more than ${requestsPerSecond} requests a second`;
    throw new InferenceError('RESOURCE_EXHAUSTED', message, Math.ceil(seconds));
  };

  async function identify(headers: HttpRequest['headers']): Promise<string> {
    const key = headers['x-api-key'];
    if (key !== undefined && hashes.length > 0) return byKey(key);
    if (verifier) return `token ${(await verifier(headers.authorization)).sub ?? ''}`;
    if (hashes.length === 0) return '';
    throw new InferenceError('UNAUTHENTICATED', 'an API key is needed, in the header x-api-key');
  }

  /** Every hash is compared, and each in constant time, so that the time of an answer tells nothing. */
  function byKey(key: string): string {
    const hash = createHash('sha256').update(key).digest();
    const known = hashes.filter((each) => timingSafeEqual(each, hash)).length > 0;
    if (known) return `key ${hash.toString('base64')}`;
    throw new InferenceError('UNAUTHENTICATED', 'the API key is not valid');
  }
}
