import type { HttpRequest, HttpResponse } from '../http/http.js';

/** Stands for every origin. */
const ANY = '*';

/** What a page may send: the headers that some protocol reads. */
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

/** What a page may read of an answer, beside what browsers show anyway. */
const EXPOSED_HEADERS = 'inference-header-content-length, retry-after, x-request-id';

/** Seconds for which a browser need not ask again. */
const MAX_AGE = 600;

type Answer = (request: HttpRequest) => Promise<HttpResponse>;
type Headers = HttpRequest['headers'];

/** What tells a browser that the page that asked may read the answer; undefined if it may not, or no page asked. */
export function readableBy(origins: readonly string[], { origin }: Headers): HttpResponse['headers'] | undefined {
  const isAny = origins.includes(ANY);
  if (origin === undefined || !(isAny || origins.includes(origin))) return undefined;
  return {
    'access-control-allow-origin': isAny ? ANY : origin,
    'access-control-expose-headers': EXPOSED_HEADERS,
    ...(!isAny && { vary: 'origin' }),
  };
}

/** Lets pages of `origins` call the server from a browser: whether they may, a browser asks first, without a credential. */
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
