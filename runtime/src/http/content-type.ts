import { UnsupportedMedia } from './inflate.js';

/** JSON by any of its names, and what curl and browsers send unless told otherwise, as TensorFlow Serving asks for none. */
const JSON_TYPES = /^(application\/(json|[\w.-]+\+json|x-www-form-urlencoded)|text\/(plain|json))$/;

/**
 * Refuses a body that is said to be no JSON, where a route under `/v1` takes JSON only. Other protocols take more types
 * and check them themselves.
 *
 * @throws UnsupportedMedia
 */
export function checkContentType(path: string, contentType: string | undefined): void {
  if (contentType === undefined || !path.startsWith('/v1/')) return;
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === '' || JSON_TYPES.test(type)) return;
  throw new UnsupportedMedia(`content-type ${type.slice(0, 80)}`, 'application/json and no type at all');
}
