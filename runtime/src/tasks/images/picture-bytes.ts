import { invalid } from '../../tensor/errors.js';
import { base64Bytes } from '../../tensor/json/base64.js';
import { isPicture } from './decode.js';

/** Characters at the start of a value that decide whether it is base64. A multiple of four. */
const HEAD = 64;

/**
 * Returns the bytes of a picture that a request sent as bytes, as base64, or as a `data:` URL.
 *
 * @throws InferenceError `INVALID_ARGUMENT` for an address, which is never fetched, or for base64 that cannot be decoded
 */
export function pictureBytes(value: Uint8Array): Uint8Array {
  if (isPicture(value)) return value;
  const { buffer, byteOffset, byteLength } = value;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const head = bytes.toString('latin1', 0, HEAD);
  if (/^\s*(https?|ftp|s3|gs|file):/i.test(head)) {
    throw invalid('the picture is an address, and the server never fetches pictures: send its bytes or base64');
  }
  const prefix = /^data:[^,]{0,50};base64,/i.exec(head)?.[0] ?? '';
  const isBase64 = prefix !== '' || isPicture(Buffer.from(head, 'base64'));
  return isBase64 ? base64Bytes(bytes.toString('latin1', prefix.length)) : value;
}
