import type { Cancellation } from '../tensor/request.js';
import type { HeldBytes } from './byte-budget.js';

/** A request as the core sees it, whichever host received it. Header names are in lower case. */
export interface HttpRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** Without the question mark; empty if none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Aborted when the client goes away. */
  readonly signal?: Cancellation;
  /** Whether the caller was authorized before the body was read. @default false */
  readonly isAdmitted?: boolean;
  /** Counts what is held in memory for the request. @default nothing is counted */
  readonly held?: HeldBytes;
}

/** What the host sends back. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /** Takes the microseconds from the whole request to the whole answer. @default they are not told apart */
  readonly latency?: { observe(microseconds: number): void };
}

/** The values of a route's `:parameters`, percent-decoded. */
export type RouteParameters = Readonly<Record<string, string | undefined>>;

export type RouteHandler = (request: HttpRequest, parameters: RouteParameters) => HttpResponse | Promise<HttpResponse>;

/** One route, its path in find-my-way's notation. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'OPTIONS' | 'DELETE';
  readonly path: string;
  readonly handler: RouteHandler;
}
