// This module is loaded only when tracing is configured, and is a separate file in the bundle.

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

/** Maximum milliseconds that the shutdown, or a Lambda invocation, waits for the collector. */
const FLUSH_MS = 1000;

/** Minimum milliseconds between two log lines about failed exports. */
const QUIET_MS = 60_000;

const propagator = new W3CTraceContextPropagator();

/**
 * Creates a tracer with the OpenTelemetry SDK. The SDK reads its own variables for sampling, limits, batches, headers
 * and certificates.
 */
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

  /** Waits for `sending` at most `FLUSH_MS`. An unavailable collector must not delay a response or the shutdown. */
  async function withinLimit(sending: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FLUSH_MS);
    });
    await Promise.race([sending.catch((error: Error) => report(error.message)), late]);
    clearTimeout(timer);
  }
}

/**
 * Clock shared by the spans of a request. Otherwise each span would start at a whole millisecond, and child spans could
 * exceed their parent.
 */
class Clock {
  private readonly offset = Date.now() - performance.now();

  /** Returns the milliseconds since the epoch. */
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

/** Marks a span as failed. It records only the error code, because the message may contain data of the caller. */
function fail(span: Span, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/**
 * Creates the exporter for the configured protocol. The default is protobuf over HTTP, which every collector accepts.
 */
async function exporterOf(environment: Readonly<Record<string, string | undefined>>): Promise<SpanExporter> {
  const { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: own, OTEL_EXPORTER_OTLP_PROTOCOL: all } = environment;
  const protocol = own || all || 'http/protobuf';
  if (protocol === 'http/json') return new JsonExporter();
  if (protocol === 'grpc') {
    const { grpcExporter } = await import('./otlp-grpc.js');
    return grpcExporter();
  }
  if (protocol !== 'http/protobuf') diag.warn(`${protocol} is not a supported OTLP protocol; using http/protobuf`);
  return new ProtobufExporter();
}

/** Returns a function that reports at most one message per `QUIET_MS`. */
function quietly(tell: (message: string) => void): (message: string) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (message) => {
    const now = performance.now();
    if (now - last < QUIET_MS) return;
    last = now;
    tell(message);
  };
}
