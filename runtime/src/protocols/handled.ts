import { InferenceError } from '../inference/errors.js';
import type { HttpResponse, RouteHandler } from '../server/http.js';

/**
 * A handler that answers a failure as its protocol words it. What is not an InferenceError is a fault of ours and goes
 * on to the server, which logs it.
 */
export function handled(errorResponse: (error: InferenceError) => HttpResponse, handler: RouteHandler): RouteHandler {
  return async (request, parameters) => {
    try {
      return await handler(request, parameters);
    } catch (error) {
      if (!(error instanceof InferenceError)) throw error;
      return errorResponse(error);
    }
  };
}

/** The failure as an InferenceError; what is none is told without its text, which may hold anything. */
export function asInferenceError(error: unknown): InferenceError {
  return error instanceof InferenceError ? error : new InferenceError('INTERNAL', 'internal error');
}
