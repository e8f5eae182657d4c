import type { HttpRequest } from '../http/http.js';
import type { RequestTrace } from '../tensor/request.js';

export type Attributes = Readonly<Record<string, string | number>>;

/** Makes spans, and sends them to whoever collects them. */
export interface Tracer {
  /** Begins the span of a request, the child of the one that its `traceparent` names. */
  begin(name: string, headers: HttpRequest['headers'], attributes: Attributes): RequestSpan;
  /** Sends what has ended. Failures are logged: no request fails by them. */
  flush(): Promise<void>;
  /** Sends what has ended, and ends. */
  close(): Promise<void>;
}

/** The span of a request, whose calls of models become its children. */
export interface RequestSpan extends RequestTrace {
  /** Names the span to whatever follows, as W3C's header does. */
  readonly traceparent: string;
  end(outcome: SpanOutcome): void;
}

/** How a request ended. */
export interface SpanOutcome {
  /** @default the name it began with */
  readonly name?: string;
  readonly attributes: Attributes;
  /** Whether the server failed, and not the caller. */
  readonly isFault: boolean;
}
