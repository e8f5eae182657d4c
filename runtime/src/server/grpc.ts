import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ByteBudget } from '../http/byte-budget.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import type { RuntimeMetrics } from '../observability/metrics.js';
import type { Tracer } from '../observability/tracer.js';
import { traceCall, traceIdOf } from '../observability/tracing.js';
import { grpcHealth } from '../protocols/grpc-health.js';
import type { GrpcMethod, GrpcService } from '../protocols/grpc-service.js';
import { asInferenceError } from '../protocols/handled.js';
import { openInferenceGrpc } from '../protocols/open-inference/grpc.js';
import { predictionService } from '../protocols/tensorflow-serving/grpc.js';
import { modelService } from '../protocols/tensorflow-serving/model-service.js';
import { torchServeGrpc } from '../protocols/torchserve/grpc.js';
import { InferenceError, type StatusCode } from '../tensor/errors.js';
import type { Admission } from './admission.js';
import { gate, headersOf, pushback } from './grpc-gate.js';
import type { ServerTimes } from './http-server.js';

/** Methods that probes call. */
const OPEN_METHODS: readonly string[] = ['ServerLive', 'ServerReady', 'Ping', 'Check'];

const MODEL_SERVICES: readonly GrpcService[] = [openInferenceGrpc, predictionService, modelService, torchServeGrpc];

const SERVICES: readonly GrpcService[] = [...MODEL_SERVICES, grpcHealth(MODEL_SERVICES.map(({ name }) => name))];

/** Calls of one connection at once; the recommendation of Envoy's and gRPC's guides. */
const MAX_STREAMS = 100;

/** The proto files: beside the bundle where a host runs it, else at the top of the package. */
const PROTO_FOLDER = [join(__dirname, 'proto'), join(__dirname, '..', '..', 'proto')].find(existsSync) ?? '';

export interface GrpcOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Largest message in bytes. */
  readonly maxMessageBytes: number;
  /** Bytes that all requests hold together. */
  readonly budget: ByteBudget;
  /** How long clients may take. */
  readonly times: Pick<ServerTimes, 'requestMs' | 'readMs' | 'idleMs'>;
  /** Open connections; one more is closed. */
  readonly maxConnections: number;
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
  const { maxMessageBytes, times, onError } = options;
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.max_connection_idle_ms': times.idleMs,
    interceptors: [
      gate({
        ...options,
        messageMs: times.requestMs,
        readMs: times.readMs,
        openMethods: OPEN_METHODS,
        onError: (error) => onError(error, undefined),
      }),
    ],
  });
  for (const service of SERVICES) {
    const methods = Object.entries(service.methods(models));
    const handlers = methods.map(([name, method]) => [
      name,
      unary(method, OPEN_METHODS.includes(name) ? { ...options, tracer: undefined } : options),
    ]);
    server.addService(definitionOf(service), Object.fromEntries(handlers) as UntypedServiceImplementation);
  }
  // Not bound by grpc-js, whose own listeners take any number of connections.
  const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer((socket) => connections.injectConnection(socket));
  listener.maxConnections = options.maxConnections;
  listener.listen(options.port, options.host);
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    close: (milliseconds) =>
      new Promise((resolve) => {
        listener.close();
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

function unary(method: GrpcMethod, { metrics, tracer, onError }: GrpcOptions) {
  return async (call: ServerUnaryCall<unknown, object>, answer: sendUnaryData<object>) => {
    const since = performance.now();
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    const headers = headersOf(call.metadata);
    const collected = tracer?.();
    const span = collected && traceCall(collected, call.getPath(), headers, gone.signal);
    let outcome: StatusCode | 'OK' = 'OK';
    try {
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
