import type { EncodedIds } from '../../engines/index.js';
import type { HttpResponse } from '../../http/http.js';
import type { Cancellation, TextUsage } from '../../tensor/request.js';
import { reportTruncated } from '../../tensor/usage.js';
import { jsonResponse } from '../responses.js';

/** Creates a response with JSON text, and the number of tokens in the header that text-embeddings-inference has. */
export function textResponseOf(body: Buffer | string, { tokens }: TextUsage): HttpResponse {
  const response = jsonResponse(body);
  return { ...response, headers: { ...response.headers, 'x-compute-tokens': String(tokens) } };
}

/**
 * Returns what encoded texts amount to, and reports texts that were cut, as models do.
 *
 * @param signal signal of the request
 */
export function usageOf(encoded: readonly EncodedIds[], signal: Cancellation | undefined): TextUsage {
  const truncated = encoded.filter(({ isTruncated }) => isTruncated).length;
  reportTruncated(signal, truncated);
  return { tokens: encoded.reduce((sum, { ids }) => sum + ids.length, 0), truncated };
}
