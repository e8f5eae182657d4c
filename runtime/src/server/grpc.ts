import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { HttpRequest } from '../http/http.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import type { RuntimeMetrics } from '../observability/metrics.js';
import type { Tracer } from '../observability/tracer.js';
import { traceCall, traceIdOf } from '../observability/tracing.js';
import type { GrpcMethod, GrpcService } from '../protocols/grpc-service.js';
import { asInferenceError } from '../protocols/handled.js';
import { openInferenceGrpc } from '../protocols/open-inference/grpc.js';
import { predictionService } from '../protocols/tensorflow-serving/grpc.js';
import { modelService } from '../protocols/tensorflow-serving/model-service.js';
import { torchServeGrpc } from '../protocols/torchserve/grpc.js';
import { InferenceError, type StatusCode, shuttingDown } from '../tensor/errors.js';
import type { Admission } from './admission.js';

/** What probes call. */
const OPEN_METHODS: readonly string[] = ['ServerLive', 'ServerReady', 'Ping'];

/** What is not asked of them. */
const FOR_PROBES = { admission: undefined, tracer: undefined, isDraining: undefined };

const SERVICES: readonly GrpcService[] = [openInferenceGrpc, predictionService, modelService, torchServeGrpc];

/** The proto files: beside the bundle where a host runs it, else at the top of the package. */
const PROTO_FOLDER = [join(__dirname, 'proto'), join(__dirname, '..', '..', 'proto')].find(existsSync) ?? '';

export interface GrpcOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Largest message in bytes. */
  readonly maxMessageBytes: number;
  /**
   * Lets callers in, as it does those of HTTP. Whether the server lives and is ready may be asked without.
   *
   * @default every caller is let in
   */
  readonly admission?: Admission;
  /** Counts the calls. @default nobody does */
  readonly metrics?: RuntimeMetrics;
  /** Makes a span of each call but those of probes, once it is there. @default none is made */
  readonly tracer?: () => Tracer | undefined;
  /** Whether calls are refused because the server ends. @default none is */
  readonly isDraining?: () => boolean;
  /** Told of faults of ours, whose text no caller sees, and of the caller's trace. */
  readonly onError: (error: unknown, traceId: string | undefined) => void;
}

/** A gRPC server that listens. */
export interface GrpcServer {
  readonly port: number;
  /** Tells clients to go elsewhere, and waits for the calls in flight; after `milliseconds` they are cut. */
  close(milliseconds: number): Promise<void>;
}

/**
 * Serves the Open Inference Protocol and TensorFlow Serving's API over gRPC, without encryption: hosts end TLS before.
 *
 * @throws Error if the port is taken
 */
export async function startGrpcServer(models: ModelCatalog, options: GrpcOptions): Promise<GrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': -1,
  });
  for (const service of SERVICES) {
    const methods = Object.entries(service.methods(models));
    const handlers = methods.map(([name, method]) => [
      name,
      unary(method, OPEN_METHODS.includes(name) ? { ...options, ...FOR_PROBES } : options),
    ]);
    server.addService(definitionOf(service), Object.fromEntries(handlers) as UntypedServiceImplementation);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${options.host}:${options.port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    close: (milliseconds) =>
      new Promise((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), milliseconds);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

function definitionOf({ protoFile, name }: GrpcService) {
  const loaded = loadSync(protoFile, {
    includeDirs: [PROTO_FOLDER],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const path = name.split('.');
  let found: unknown = loadPackageDefinition(loaded);
  for (const part of path) found = (found as Record<string, unknown>)[part];
  return (found as ServiceClientConstructor).service;
}

function unary(method: GrpcMethod, { admission, metrics, tracer, isDraining, onError }: GrpcOptions) {
  return async (call: ServerUnaryCall<unknown, object>, answer: sendUnaryData<object>) => {
    const since = performance.now();
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    const headers = headersOf(call.metadata);
    const collected = tracer?.();
    const span = collected && traceCall(collected, call.getPath(), headers, gone.signal);
    let outcome: StatusCode | 'OK' = 'OK';
    try {
      if (isDraining?.()) throw shuttingDown();
      if (admission) await admission({ headers });
      answer(null, await method(call.request, span?.signal ?? gone.signal));
    } catch (error) {
      if (!(error instanceof InferenceError)) onError(error, traceIdOf(span?.headers ?? headers));
      const { code, message, retryAfterSeconds } = asInferenceError(error);
      outcome = code;
      answer({ code: status[code], details: message, metadata: pushback(retryAfterSeconds) });
    }
    metrics?.callFinished(outcome, performance.now() - since);
    span?.end(outcome);
  };
}

/** What a call carries beside its message, as the headers of HTTP, which it came by. */
function headersOf(metadata: Metadata): HttpRequest['headers'] {
  // Values of bytes are none that any header here has.
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]));
}

/** When to come back, as clients of gRPC read it. */
function pushback(seconds: number | undefined): Metadata | undefined {
  if (seconds === undefined) return undefined;
  const metadata = new Metadata();
  metadata.set('grpc-retry-pushback-ms', String(seconds * 1000));
  return metadata;
}
