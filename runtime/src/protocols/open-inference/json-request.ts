import { InferenceError } from '../../tensor/errors.js';
import { OPEN_ARRAY, OPEN_OBJECT } from '../../tensor/json/ascii.js';
import { JsonReader } from '../../tensor/json/index.js';

/**
 * Whether a body is an infer request in JSON, for routes that take other requests too. Its inputs are a list of objects
 * with a datatype, which is not valid in TensorFlow Serving's format.
 */
export function isInferRequest(body: Buffer): boolean {
  try {
    return hasInputObjects(new JsonReader(body, true));
  } catch (error) {
    // The decoder of the other format reports the error.
    if (error instanceof InferenceError) return false;
    throw error;
  }
}

function hasInputObjects(reader: JsonReader): boolean {
  if (reader.peek() !== OPEN_OBJECT || !reader.openObject()) return false;
  do {
    const name = reader.name();
    if (name === 'instances') return false;
    if (name === 'inputs') return startsWithDatatype(reader);
    reader.skip();
  } while (reader.nextMember());
  return false;
}

/** Whether the next value is a list whose first element is an object with a datatype. */
function startsWithDatatype(reader: JsonReader): boolean {
  if (reader.peek() !== OPEN_ARRAY || !reader.openArray()) return false;
  if (reader.peek() !== OPEN_OBJECT || !reader.openObject()) return false;
  do {
    if (reader.name() === 'datatype') return true;
    reader.skip();
  } while (reader.nextMember());
  return false;
}
