// Loaded only where spans go to a collector by gRPC, and in the bundle a file of its own.

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';

/** An exporter that OpenTelemetry's own variables configure. */
export function grpcExporter(): SpanExporter {
  return new OTLPTraceExporter();
}
