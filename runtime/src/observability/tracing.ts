import type { HttpRequest, HttpResponse } from '../http/http.js';
import type { StatusCode } from '../tensor/errors.js';
import type { Cancellation, RequestTrace } from '../tensor/request.js';
import type { Logger } from './log.js';
import type { Tracer } from './tracer.js';

/**
 * Creates the tracer that OpenTelemetry's own variables configure. Returns undefined, and loads no tracing code, if
 * they set no collector or disable tracing.
 */
export async function openTracer(
  environment: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Promise<Tracer | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = environment;
  const exporter = environment.OTEL_TRACES_EXPORTER?.trim() || 'otlp';
  if (!(all || own) || exporter !== 'otlp' || environment.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') {
    return undefined;
  }
  const { createTracer } = await import('./open-telemetry.js');
  return createTracer(environment, logger);
}

/** Handles a request within a span. */
export async function traceRequest(
  tracer: Tracer,
  request: HttpRequest,
  answer: (request: HttpRequest) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const { method, path, query, headers, body, signal, isAdmitted, held } = request;
  const span = tracer.begin(method, headers, { 'http.request.method': method, 'url.path': path });
  const response = await answer({
    method,
    path,
    query,
    body,
    isAdmitted,
    held,
    headers: { ...headers, traceparent: span.traceparent },
    signal: followed(signal, span),
  });
  const { status } = response;
  span.end({
    // Callers choose the paths that fail with 4xx, so using them as span names would create unlimited names.
    name: status >= 400 && status < 500 ? undefined : `${method} ${path}`,
    attributes: { 'http.response.status_code': status },
    isFault: status >= 500,
  });
  return response;
}

/** gRPC status codes that are server errors by OpenTelemetry's conventions. */
const FAULTS: ReadonlySet<StatusCode | 'OK'> = new Set([
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
]);

/** A gRPC call with its span. */
export interface TracedCall {
  readonly signal: Cancellation;
  readonly headers: HttpRequest['headers'];
  end(code: StatusCode | 'OK'): void;
}

/** Begins the span of a gRPC call. */
export function traceCall(
  tracer: Tracer,
  path: string,
  headers: HttpRequest['headers'],
  signal: Cancellation,
): TracedCall {
  const [, service = '', method = ''] = path.split('/');
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
  const span = tracer.begin(`${service}/${method}`, headers, attributes);
  return {
    signal: followed(signal, span),
    headers: { ...headers, traceparent: span.traceparent },
    end: (code) => span.end({ attributes: { 'rpc.grpc.status_code': code }, isFault: FAULTS.has(code) }),
  };
}

/** Returns the trace ID of the W3C `traceparent` header, or undefined if there is none. It links logs to traces. */
export function traceIdOf(headers: HttpRequest['headers']): string | undefined {
  return /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/.exec(headers.traceparent ?? '')?.[1];
}

/** Adds the span to a cancellation signal, so that model calls can find it. */
function followed(signal: Cancellation | undefined, trace: RequestTrace): Cancellation {
  return {
    get aborted() {
      return signal?.aborted ?? false;
    },
    trace,
    get held() {
      return signal?.held;
    },
  };
}
