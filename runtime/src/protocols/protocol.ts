import type { HttpRequest, HttpResponse, Route } from '../http/http.js';
import type { ModelCatalog } from '../models/model-catalog.js';

/** A wire protocol: routes that decode bytes into requests and encode responses into bytes, and no state. */
export interface Protocol {
  readonly name: string;
  routes(models: ModelCatalog): readonly Route[];
  /** Paths that hosts ask for a sign of life, without a credential. @default none */
  readonly probes?: readonly string[];
  /** Whether a failure outside the handlers, on this path, is worded by this protocol. */
  owns(path: string): boolean;
  /** How this protocol words a failure. What is not an InferenceError is told as an internal error, without its text. */
  errorResponse(error: unknown): HttpResponse;
  /** Answers a request on a path it owns for which no route was found. @default the `NOT_FOUND` failure */
  unmatched?(request: HttpRequest): HttpResponse;
}
