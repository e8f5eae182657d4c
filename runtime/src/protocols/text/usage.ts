import type { EncodedIds } from '../../engines/index.js';
import type { HttpResponse } from '../../http/http.js';
import type { TextUsage } from '../../tensor/request.js';
import { jsonResponse } from '../responses.js';

/** Header with the number of texts that were cut. It is absent if none was. */
export const TRUNCATED_HEADER = 'x-truncated-texts';

/** Creates a response with JSON text, and the number of tokens in the header that text-embeddings-inference has. */
export function textResponseOf(body: Buffer | string, { tokens, truncated }: TextUsage): HttpResponse {
  const response = jsonResponse(body);
  return {
    ...response,
    headers: {
      ...response.headers,
      'x-compute-tokens': String(tokens),
      ...(truncated > 0 && { [TRUNCATED_HEADER]: String(truncated) }),
    },
  };
}

/** Returns what encoded texts amount to. */
export function usageOf(encoded: readonly EncodedIds[]): TextUsage {
  return {
    tokens: encoded.reduce((sum, { ids }) => sum + ids.length, 0),
    truncated: encoded.filter(({ isTruncated }) => isTruncated).length,
  };
}
