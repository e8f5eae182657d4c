import { InferenceError } from '../../tensor/errors.js';

/**
 * A request that text-embeddings-inference rejects with 400. It rejects other invalid requests with 422; the other
 * protocols reject both with 400.
 */
export class BadRequest extends InferenceError {
  constructor(
    message: string,
    /** Whether the request has no texts. @default false */
    readonly isEmpty = false,
  ) {
    super('INVALID_ARGUMENT', message);
  }
}
