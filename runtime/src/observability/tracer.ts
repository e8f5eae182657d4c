import type { HttpRequest } from '../http/http.js';
import type { RequestTrace } from '../tensor/request.js';

export type Attributes = Readonly<Record<string, string | number>>;

/** Creates spans and exports them to a collector. */
export interface Tracer {
  /** Begins the span of a request, as a child of the span in its `traceparent` header. */
  begin(name: string, headers: HttpRequest['headers'], attributes: Attributes): RequestSpan;
  /** Exports completed spans. Failures are logged and never fail a request. */
  flush(): Promise<void>;
  /** Exports completed spans and shuts down. */
  close(): Promise<void>;
}

/** Span of a request. The model calls of the request become its children. */
export interface RequestSpan extends RequestTrace {
  /** W3C `traceparent` header that identifies this span to downstream calls. */
  readonly traceparent: string;
  end(outcome: SpanOutcome): void;
}

/** Outcome of a request. */
export interface SpanOutcome {
  /** Final name of the span. @default - the name it began with */
  readonly name?: string;
  readonly attributes: Attributes;
  /** Whether the failure is a server error rather than a client error. */
  readonly isFault: boolean;
}
