import type { HttpRequest, HttpResponse, Route } from '../http/http.js';
import type { ModelCatalog } from '../models/model-catalog.js';

/** Wire protocol: stateless routes that decode bytes to requests and encode responses to bytes. */
export interface Protocol {
  readonly name: string;
  routes(models: ModelCatalog): readonly Route[];
  /** Health check paths of hosts, which need no credential. @default - none */
  readonly probes?: readonly string[];
  /** Returns whether this protocol formats errors on `path` that occur outside its handlers. */
  owns(path: string): boolean;
  /** Formats an error. Any error other than an InferenceError becomes an internal error without its text. */
  errorResponse(error: unknown): HttpResponse;
  /**
   * Responds to a request without a matching route on a path that this protocol owns.
   *
   * @default - the `NOT_FOUND` error
   */
  unmatched?(request: HttpRequest): HttpResponse;
}
