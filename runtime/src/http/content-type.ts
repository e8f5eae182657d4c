import { UnsupportedMedia } from './inflate.js';

/**
 * Media types accepted as JSON. They include the defaults of curl and browsers, because TensorFlow Serving requires no
 * type.
 */
const JSON_TYPES = /^(application\/(json|[\w.-]+\+json|x-www-form-urlencoded)|text\/(plain|json))$/;

/**
 * Rejects a body with a content type other than JSON on routes under `/v1`, which accept only JSON. Other protocols
 * accept more types and check them on their own.
 *
 * @throws UnsupportedMedia
 */
export function checkContentType(path: string, contentType: string | undefined): void {
  if (contentType === undefined || !path.startsWith('/v1/')) return;
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === '' || JSON_TYPES.test(type)) return;
  throw new UnsupportedMedia(`content-type ${type.slice(0, 80)}`, 'application/json or no content type');
}
