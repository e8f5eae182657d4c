import type { Cancellation, HeldBytes } from '../tensor/request.js';

/** HTTP request in a form that is independent of the host. Header names are in lower case. */
export interface HttpRequest {
  readonly method: string;
  /** Percent-encoded path without the query. */
  readonly path: string;
  /** Query string without the question mark; empty if there is none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Signal that is aborted when the client disconnects. Models report to it what they cut. */
  readonly signal?: Cancellation;
  /** Whether the caller was authorized before the body was read. @default false */
  readonly isAdmitted?: boolean;
  /** Account of the memory held for the request. @default - memory is not counted */
  readonly held?: HeldBytes;
}

/** HTTP response that the host sends. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /**
   * Histogram of the time from the whole request to the whole response, in microseconds.
   *
   * @default - the latency is not recorded
   */
  readonly latency?: { observe(microseconds: number): void };
}

/** Percent-decoded values of a route's `:parameters`. */
export type RouteParameters = Readonly<Record<string, string | undefined>>;

export type RouteHandler = (request: HttpRequest, parameters: RouteParameters) => HttpResponse | Promise<HttpResponse>;

/** One route. Its path uses the notation of find-my-way. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'OPTIONS' | 'DELETE';
  readonly path: string;
  readonly handler: RouteHandler;
  /** Whether the route changes which models are served. Pages of other origins must not call it. @default false */
  readonly controls?: boolean;
  /** Returns whether the route exists with the models that are served now. @default - it always exists */
  readonly exists?: () => boolean;
}
