import { invalid } from './errors.js';

/**
 * Number of values that become separate objects, allowed in any request: elements of `BYTES`, and examples with their
 * features.
 */
export const OBJECTS = 2 ** 18;

/** Bytes of memory that an object takes, including its copies in engines. */
export const OBJECT_BYTES = 250;

/** Bytes of the request that allow one further object. */
const BYTES_OF_EACH = 64;

/**
 * Limits the memory of a request in relation to its size. An object takes `OBJECT_BYTES`, but may
 * take only three bytes in the request.
 *
 * @param count number of values that become separate objects
 * @param bytes size of the request
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function checkObjects(count: number, bytes: number): void {
  if (count <= OBJECTS || count * BYTES_OF_EACH <= bytes) return;
  const most = Math.max(OBJECTS, Math.floor(bytes / BYTES_OF_EACH));
  throw invalid(`a request of ${bytes} bytes may hold ${most} texts or examples: send them in several requests`);
}
