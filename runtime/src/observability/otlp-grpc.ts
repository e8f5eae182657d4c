// This module is loaded only when spans are exported over gRPC, and is a separate file in the bundle.

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';

/** Creates an exporter that reads OpenTelemetry's own variables. */
export function grpcExporter(): SpanExporter {
  return new OTLPTraceExporter();
}
