import type { HttpRequest, HttpResponse } from '../http/http.js';
import type { StatusCode } from '../tensor/errors.js';
import type { Cancellation, RequestTrace } from '../tensor/request.js';
import type { Logger } from './log.js';
import type { Tracer } from './tracer.js';

/**
 * The tracer that OpenTelemetry's own variables ask for; undefined if they name no collector, or say that it is off.
 * Nothing of it is loaded then.
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

/** Answers a request in a span of its own. */
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
    // Paths that lead nowhere are made up by callers: names would be without number.
    name: status >= 400 && status < 500 ? undefined : `${method} ${path}`,
    attributes: { 'http.response.status_code': status },
    isFault: status >= 500,
  });
  return response;
}

/** The failures of gRPC that are not the caller's, by OpenTelemetry's conventions. */
const FAULTS: ReadonlySet<StatusCode | 'OK'> = new Set([
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
]);

/** A call of gRPC in a span of its own. */
export interface TracedCall {
  readonly signal: Cancellation;
  readonly headers: HttpRequest['headers'];
  end(code: StatusCode | 'OK'): void;
}

/** Begins the span of a call of gRPC. */
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

/** The trace that W3C's `traceparent` names, to find a request from there; undefined if it names none. */
export function traceIdOf(headers: HttpRequest['headers']): string | undefined {
  return /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/.exec(headers.traceparent ?? '')?.[1];
}

/** The same cancellation, by which the calls of models find the span. */
function followed(signal: Cancellation | undefined, trace: RequestTrace): Cancellation {
  return {
    get aborted() {
      return signal?.aborted ?? false;
    },
    trace,
  };
}
