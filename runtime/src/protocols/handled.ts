import type { HttpResponse, RouteHandler } from '../http/http.js';
import type { ServedModel } from '../models/served-model.js';
import { InferenceError } from '../tensor/errors.js';

/**
 * Wraps a handler so that it converts an InferenceError to its protocol's error response. Other errors are internal
 * faults and propagate to the server, which logs them.
 */
export function handled(errorResponse: (error: InferenceError) => HttpResponse, handler: RouteHandler): RouteHandler {
  const failed = (error: unknown): HttpResponse => {
    if (error instanceof InferenceError) return errorResponse(error);
    throw error;
  };
  // The function is not async, because that would add a promise to every request.
  return (request, parameters) => {
    try {
      const response = handler(request, parameters);
      return response instanceof Promise ? response.catch(failed) : response;
    } catch (error) {
      return failed(error);
    }
  };
}

/** Counts a request for `model` that could not be parsed, and returns its error. */
export function counted(model: ServedModel, error: unknown): unknown {
  model.metrics?.ended(error);
  return error;
}

/**
 * Returns the error as an InferenceError. Other errors become an internal error without their text, which could contain
 * anything.
 */
export function asInferenceError(error: unknown): InferenceError {
  return error instanceof InferenceError ? error : new InferenceError('INTERNAL', 'internal error');
}
