import type { Schema } from './schema.js';

/**
 * Parses JSON that must fit a schema.
 *
 * @throws what `invalid` makes of the first fault
 */
export function parseJson<Value>(schema: Schema<Value>, text: string, invalid: (fault: string) => Error): Value {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON');
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues as [(typeof result.error.issues)[number]];
  throw invalid(`\`${path.join('.')}\`: ${message}`);
}
