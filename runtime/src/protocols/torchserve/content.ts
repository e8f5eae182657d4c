import type { HttpRequest } from '../../http/http.js';
import { invalid } from '../../tensor/errors.js';
import { type Field, isForm, multipartFields } from '../multipart.js';

/** Form field, or entry of a gRPC call, that contains the request. */
export const FIELD = 'data';

/** Content of a request: JSON, or the raw bytes of the input. */
export interface Content {
  readonly bytes: Buffer;
  readonly json: boolean;
}

/** Extracts the content of a request. @throws InferenceError `INVALID_ARGUMENT` for a form without the field */
export async function contentOf(request: HttpRequest): Promise<Content> {
  const type = request.headers['content-type'] ?? '';
  if (isForm(type)) {
    const fields = await multipartFields(request.body, type);
    const field = fields.find(({ name }) => name === FIELD);
    if (!field) throw invalid(`the form has no field ${FIELD}`);
    return { bytes: field.bytes, json: isJson(field.type, field.bytes) || isJsonFile(field) };
  }
  return { bytes: request.body, json: isJson(type, request.body) };
}

/** Returns whether a file in a form is JSON. curl sends every file as `application/octet-stream`. */
function isJsonFile({ type, bytes }: Field): boolean {
  return type === 'application/octet-stream' && /^\s*(\[[\s\S]*\]|\{[\s\S]*\})\s*$/.test(endsOf(bytes));
}

/** Returns the first and the last bytes as text. */
function endsOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, 64) + bytes.toString('latin1', Math.max(64, bytes.length - 64));
}

/** Returns whether a request is JSON. Clients rarely set a content type, so without one the first character decides. */
export function isJson(type: string, bytes: Buffer): boolean {
  if (/^application\/json/i.test(type)) return true;
  if (/^(application\/octet-stream|image\/|audio\/)/i.test(type)) return false;
  return /^\s*[[{]/.test(bytes.toString('latin1', 0, 64));
}
