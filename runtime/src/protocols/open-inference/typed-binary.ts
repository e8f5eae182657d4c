import type { HttpRequest, HttpResponse } from '../../http/http.js';
import type { ServedModel } from '../../models/served-model.js';
import { invalid } from '../../tensor/errors.js';
import { JSON_LENGTH_HEADER } from './infer-response.js';
import { infer } from './rest.js';

/**
 * Responds to an infer call whose content type contains the length of the JSON, for hosts that forward no other header.
 *
 * @param type content type that Triton's clients use for the host, without `json-header-size`
 * @throws InferenceError
 */
export async function inferTyped(model: ServedModel, request: HttpRequest, type: string): Promise<HttpResponse> {
  const contentType = request.headers['content-type'] ?? '';
  const length = /json-header-size=([^;\s]*)/.exec(contentType)?.[1];
  if (length === undefined) throw invalid(`content-type ${contentType}: json-header-size is missing`);
  const { method, path, query, body, signal } = request;
  const headers = { [JSON_LENGTH_HEADER]: length };
  const response = await infer(model, { method, path, query, body, signal, headers });
  const answered = response.headers[JSON_LENGTH_HEADER];
  if (answered === undefined) return response;
  return { ...response, headers: { 'content-type': `${type};json-header-size=${answered}` } };
}
