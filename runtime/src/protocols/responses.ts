import type { HttpResponse } from '../http/http.js';
import type { Histogram } from '../observability/histogram.js';
import type { InferenceError, StatusCode } from '../tensor/errors.js';

/** HTTP status for each canonical code, as most protocols map them. */
const HTTP_STATUS: Record<StatusCode, number> = {
  CANCELLED: 499,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 413,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  UNAUTHENTICATED: 401,
};

const JSON_HEADERS = { 'content-type': 'application/json' };

/** Creates a response with JSON text. */
export function jsonResponse(body: Buffer | string, status = 200, latency?: Histogram): HttpResponse {
  return { status, headers: JSON_HEADERS, body, latency };
}

/** Creates a response with plain text. */
export function textResponse(body: string, status = 200): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** Creates an error response with the JSON `body`. */
export function failureResponse(error: InferenceError, body: string): HttpResponse {
  const status = HTTP_STATUS[error.code];
  if (error.retryAfterSeconds === undefined) return jsonResponse(body, status);
  return { status, headers: { ...JSON_HEADERS, 'retry-after': String(error.retryAfterSeconds) }, body };
}
