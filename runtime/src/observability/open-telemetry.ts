// Loaded only where spans are collected, and in the bundle a file of its own.

import {
  type Tracer as ApiTracer,
  type Context,
  DiagLogLevel,
  defaultTextMapGetter,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { InferenceError } from '../tensor/errors.js';
import type { CallTrace } from '../tensor/request.js';
import { RUNTIME_VERSION } from '../version.js';
import type { Logger } from './log.js';
import type { Attributes, RequestSpan, SpanOutcome, Tracer } from './tracer.js';

/** How long the end of the process, or of a function's call, may wait for the collector. */
const FLUSH_MS = 1000;

/** Failures to send are logged no more often. */
const QUIET_MS = 60_000;

const propagator = new W3CTraceContextPropagator();

/** A tracer by OpenTelemetry's SDK, which reads its variables itself: sampling, limits, batches, headers, certificates. */
export async function createTracer(
  environment: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Promise<Tracer> {
  const report = quietly((message) => logger.log('warn', 'OpenTelemetry', { error: message }));
  diag.setLogger(
    { error: report, warn: report, info: () => {}, debug: () => {}, verbose: () => {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  setGlobalErrorHandler((error) => report(error instanceof Error ? error.message : String(error)));
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'modelship', 'service.version': RUNTIME_VERSION }))
    .merge(detectResources({ detectors: [envDetector] }));
  const processor = new BatchSpanProcessor(await exporterOf(environment));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  const tracer = provider.getTracer('modelship', RUNTIME_VERSION);
  return {
    begin(name, headers, attributes) {
      const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      const clock = new Clock();
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes, startTime: clock.now() }, parent);
      return new OpenSpan(tracer, span, clock);
    },
    flush: () => withinLimit(provider.forceFlush()),
    close: () => withinLimit(provider.shutdown()),
  };

  /** Waits as long as is reasonable. A collector that is down must not hold a function's answer or the end. */
  async function withinLimit(sending: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FLUSH_MS);
    });
    await Promise.race([sending.catch((error: Error) => report(error.message)), late]);
    clearTimeout(timer);
  }
}

/** One clock for the spans of a request, which would else begin at whole milliseconds each, and not lie in one another. */
class Clock {
  private readonly offset = Date.now() - performance.now();

  /** Milliseconds since the epoch. */
  now(): number {
    return this.offset + performance.now();
  }
}

class OpenSpan implements RequestSpan {
  readonly traceparent: string;
  private readonly within: Context;

  constructor(
    private readonly tracer: ApiTracer,
    private readonly span: Span,
    private readonly clock: Clock,
  ) {
    this.within = trace.setSpan(ROOT_CONTEXT, span);
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-0${traceFlags}`;
  }

  queued(): CallTrace | undefined {
    if (!this.span.isRecording()) return undefined;
    const { clock } = this;
    let current = this.child('queue', {});
    return {
      started: (rows, requests) => {
        current.end(clock.now());
        current = this.child('inference', { 'modelship.run.rows': rows, 'modelship.run.requests': requests });
      },
      ended: (error) => {
        if (error !== undefined) fail(current, error instanceof InferenceError ? error.code : 'INTERNAL');
        current.end(clock.now());
      },
    };
  }

  end({ name, attributes, isFault }: SpanOutcome): void {
    if (name !== undefined) this.span.updateName(name);
    this.span.setAttributes(attributes);
    if (isFault) this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.end(this.clock.now());
  }

  private child(name: string, attributes: Attributes): Span {
    return this.tracer.startSpan(name, { attributes, startTime: this.clock.now() }, this.within);
  }
}

/** The message of a failure may hold what the caller sent, so that its code alone is told. */
function fail(span: Span, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The exporter of the protocol asked for, by default protobuf over HTTP, which every collector takes. */
async function exporterOf(environment: Readonly<Record<string, string | undefined>>): Promise<SpanExporter> {
  const { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: own, OTEL_EXPORTER_OTLP_PROTOCOL: all } = environment;
  const protocol = own || all || 'http/protobuf';
  if (protocol === 'http/json') return new JsonExporter();
  if (protocol === 'grpc') {
    const { grpcExporter } = await import('./otlp-grpc.js');
    return grpcExporter();
  }
  if (protocol !== 'http/protobuf') diag.warn(`${protocol} is no protocol of OTLP: http/protobuf is used`);
  return new ProtobufExporter();
}

/** Passes on one message, and none that follows it closely. */
function quietly(tell: (message: string) => void): (message: string) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (message) => {
    const now = performance.now();
    if (now - last < QUIET_MS) return;
    last = now;
    tell(message);
  };
}
