import type { Tensor, TensorSpec } from '@modelship/runtime';
import { JsonReader, TensorBuilder } from '@modelship/runtime/serve';
import { stringifyExact } from '../json/exact-json.js';

/**
 * Reads nested lists as the tensor that `spec` describes, with the server's rules for requests.
 *
 * @throws InferenceError if the type or the nesting is wrong
 */
export function tensorFrom(value: unknown, spec: TensorSpec): Tensor {
  const builder = new TensorBuilder(new JsonReader(Buffer.from(stringifyExact(value)), false), spec);
  builder.read();
  return builder.tensor();
}
