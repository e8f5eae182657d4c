import type { ModelCatalog } from '../models/model-catalog.js';
import type { Cancellation } from '../tensor/request.js';

/** gRPC service with one function per method. Messages are plain objects that hold 64-bit integers as strings. */
export interface GrpcService {
  /** File name in `runtime/proto`. */
  readonly protoFile: string;
  /** Fully qualified name, including the package. */
  readonly name: string;
  methods(models: ModelCatalog): Readonly<Record<string, GrpcMethod>>;
}

// The messages come from protobufs, and each method declares its own type.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type GrpcMethod = (request: any, signal: Cancellation) => object | Promise<object>;
