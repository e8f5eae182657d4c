import type { HttpResponse, RouteHandler } from '../http/http.js';
import type { ServedModel } from '../models/served-model.js';
import { InferenceError } from '../tensor/errors.js';

/**
 * A handler that answers a failure as its protocol words it. What is not an InferenceError is a fault of ours and goes
 * on to the server, which logs it.
 */
export function handled(errorResponse: (error: InferenceError) => HttpResponse, handler: RouteHandler): RouteHandler {
  const failed = (error: unknown): HttpResponse => {
    if (error instanceof InferenceError) return errorResponse(error);
    throw error;
  };
  // Not an async function, whose promise every request would wait for once more.
  return (request, parameters) => {
    try {
      const response = handler(request, parameters);
      return response instanceof Promise ? response.catch(failed) : response;
    } catch (error) {
      return failed(error);
    }
  };
}

/** `error`, which kept a request for `model` from being read, once it is counted. */
export function counted(model: ServedModel, error: unknown): unknown {
  model.metrics?.ended(error);
  return error;
}

/** The failure as an InferenceError; what is none is told without its text, which may hold anything. */
export function asInferenceError(error: unknown): InferenceError {
  return error instanceof InferenceError ? error : new InferenceError('INTERNAL', 'internal error');
}
