import { invalid } from './errors.js';

/** Values that any request may have which become an object each: elements of `BYTES`, and examples with their features. */
export const OBJECTS = 2 ** 18;

/** A request may have more of them if each takes so many bytes in it. */
const BYTES_OF_EACH = 64;

/**
 * Bounds what a request takes in memory by its size: an object takes some 250 bytes with what engines make of it, and
 * may take three in the request.
 *
 * @param count values that become an object each
 * @param bytes of the request
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function checkObjects(count: number, bytes: number): void {
  if (count <= OBJECTS || count * BYTES_OF_EACH <= bytes) return;
  const most = Math.max(OBJECTS, Math.floor(bytes / BYTES_OF_EACH));
  throw invalid(`a request of ${bytes} bytes may hold ${most} texts or examples: send them in several requests`);
}
