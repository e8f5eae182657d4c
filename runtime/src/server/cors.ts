import { ENVIRONMENT } from '../contract.js';
import type { HttpRequest, HttpResponse } from '../http/http.js';
import { InferenceError } from '../tensor/errors.js';

/** Wildcard that matches every origin. */
const ANY = '*';

/** Request headers that a page may send: all headers that a protocol reads. */
const ALLOWED_HEADERS = [
  'accept',
  'authorization',
  'content-encoding',
  'content-type',
  'inference-header-content-length',
  'traceparent',
  'x-amzn-sagemaker-custom-attributes',
  'x-api-key',
  'x-request-id',
].join(', ');

/** Response headers that a page may read, in addition to the CORS-safelisted ones. */
const EXPOSED_HEADERS = 'inference-header-content-length, retry-after, x-request-id';

/** Seconds that a browser may cache a preflight response. */
const MAX_AGE = 600;

type Answer = (request: HttpRequest) => Promise<HttpResponse>;
type Headers = HttpRequest['headers'];

/**
 * Returns the CORS headers that let the calling page read the response. Returns undefined if the request has no
 * `Origin` header or its origin is not allowed.
 */
export function readableBy(origins: readonly string[], { origin }: Headers): HttpResponse['headers'] | undefined {
  const isAny = origins.includes(ANY);
  if (origin === undefined || !(isAny || origins.includes(origin))) return undefined;
  return {
    'access-control-allow-origin': isAny ? ANY : origin,
    'access-control-expose-headers': EXPOSED_HEADERS,
    ...(!isAny && { vary: 'origin' }),
  };
}

/**
 * Refuses a request that a web page sends, unless its origin is allowed. A page can send simple requests to any server
 * that its visitor reaches, and a page whose host name was pointed at the server seems to be of the same origin.
 *
 * @throws InferenceError `PERMISSION_DENIED`
 */
export function rejectCrossSite(origins: readonly string[], headers: Headers): void {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin === undefined && (site === undefined || site === 'none')) return;
  if (readableBy(origins, headers)) return;
  throw new InferenceError(
    'PERMISSION_DENIED',
    `models are not loaded or unloaded for pages of ${origin ?? 'other origins'}; call from a program, or list the ` +
      `origin in ${ENVIRONMENT.corsOrigins}`,
  );
}

/** Adds CORS headers for pages of `origins`, and responds to preflight requests, which carry no credential. */
export function acrossOrigins(origins: readonly string[], answer: Answer): Answer {
  return async (request) => {
    const own = readableBy(origins, request.headers);
    if (!own) return answer(request);
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      const headers = {
        ...own,
        'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
        'access-control-allow-headers': ALLOWED_HEADERS,
        'access-control-max-age': String(MAX_AGE),
      };
      return { status: 200, headers, body: '' };
    }
    const { status, headers, body } = await answer(request);
    return { status, headers: { ...headers, ...own }, body };
  };
}
