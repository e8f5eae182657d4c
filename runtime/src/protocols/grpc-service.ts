import type { ModelCatalog } from '../models/model-catalog.js';
import type { Cancellation } from '../tensor/request.js';

/**
 * One gRPC service: a function from request to response for each method, with messages as plain objects whose 64-bit
 * numbers are strings.
 */
export interface GrpcService {
  /** In `runtime/proto`. */
  readonly protoFile: string;
  /** With its package. */
  readonly name: string;
  methods(models: ModelCatalog): Readonly<Record<string, GrpcMethod>>;
}

// The messages come from protobufs, and each method knows its own.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type GrpcMethod = (request: any, signal: Cancellation) => object | Promise<object>;
