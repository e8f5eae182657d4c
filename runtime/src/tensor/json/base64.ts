import { invalid } from '../errors.js';

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/**
 * Decodes base64 text, with or without padding.
 *
 * @throws InferenceError `INVALID_ARGUMENT` for characters that `Buffer.from` would silently drop
 */
export function base64Bytes(text: string): Buffer {
  const digits = text.replaceAll(/[\s=]/g, '').length;
  // A single trailing digit holds six bits, which is less than a byte.
  if (!BASE64.test(text) || digits % 4 === 1) throw invalid('Unable to base64 decode');
  return Buffer.from(text, 'base64');
}
