import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Http2Server } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type ServiceDefinition as LoadedDefinition, loadSync } from '@grpc/proto-loader';
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
import { InferenceError, invalid, type StatusCode } from '../tensor/errors.js';
import type { Cancellation } from '../tensor/request.js';
import type { Admission } from './admission.js';
import { limitControlFrames } from './control-frames.js';
import { accountOf, gate, headersOf, pushback } from './grpc-gate.js';
import type { ServerTimes } from './http-server.js';
import { type MessageMemory, messageMemory } from './message-memory.js';

/** Methods for health checks. */
const OPEN_METHODS: readonly string[] = ['ServerLive', 'ServerReady', 'Ping', 'Check'];

const MODEL_SERVICES: readonly GrpcService[] = [openInferenceGrpc, predictionService, modelService, torchServeGrpc];

const SERVICES: readonly GrpcService[] = [...MODEL_SERVICES, grpcHealth(MODEL_SERVICES.map(({ name }) => name))];

/** Maximum concurrent calls per connection, as the guides of Envoy and gRPC recommend. */
const MAX_STREAMS = 100;

/** Folder with the proto files: next to the bundle on a host, otherwise at the root of the package. */
const PROTO_FOLDER = [join(__dirname, 'proto'), join(__dirname, '..', '..', 'proto')].find(existsSync) ?? '';

export interface GrpcOptions {
  readonly host: string;
  /** Port to listen on. 0 picks a free port. */
  readonly port: number;
  /** Maximum message size in bytes. */
  readonly maxMessageBytes: number;
  /** Memory budget shared by all requests. */
  readonly budget: ByteBudget;
  /** Time limits for clients. */
  readonly times: Pick<ServerTimes, 'requestMs' | 'readMs' | 'idleMs'>;
  /** Maximum number of open connections, read for each new one. Further connections are closed. */
  readonly maxConnections: number;
  /**
   * Authenticates callers and applies their rate limits, as for HTTP. Health checks need no credential.
   *
   * @default - every caller is accepted
   */
  readonly admission?: Admission;
  /** Metrics that count calls. @default - calls are not counted */
  readonly metrics?: RuntimeMetrics;
  /**
   * Returns the tracer, once it has started, which creates a span for each call except health checks.
   *
   * @default - no spans
   */
  readonly tracer?: () => Tracer | undefined;
  /**
   * Returns whether the server is shutting down and rejects new calls.
   *
   * @default - calls are never rejected for shutdown
   */
  readonly isDraining?: () => boolean;
  /** Callback for internal errors, with the caller's trace ID. The error text is never sent to the caller. */
  readonly onError: (error: unknown, traceId: string | undefined) => void;
}

/** A gRPC server that is listening. */
export interface GrpcServer {
  readonly port: number;
  /**
   * Asks clients to reconnect elsewhere and waits for the calls in flight. Calls that still run after `milliseconds`
   * are cut off.
   */
  close(milliseconds: number): Promise<void>;
}

/**
 * Starts a gRPC server for the Open Inference Protocol and the APIs of TensorFlow Serving and TorchServe. The server
 * does not encrypt, because hosts terminate TLS in front of it.
 *
 * @throws Error if the port is taken
 */
export async function startGrpcServer(models: ModelCatalog, options: GrpcOptions): Promise<GrpcServer> {
  const { maxMessageBytes, times, onError } = options;
  const services = SERVICES.map(loadService);
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
        memoryOf: new Map(services.flatMap(({ memoryOf }) => memoryOf)),
        onError: (error) => onError(error, undefined),
      }),
    ],
  });
  for (const { service, definition, decoders } of services) {
    const methods = Object.entries(service.methods(models));
    const handlers = methods.map(([name, method]) => [
      name,
      unary(method, decoders[name]!, OPEN_METHODS.includes(name) ? { ...options, tracer: undefined } : options),
    ]);
    server.addService(definition, Object.fromEntries(handlers) as UntypedServiceImplementation);
  }
  // grpc-js cannot limit the connections of its own listeners, so a separate TCP server accepts them.
  const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
  for (const http2 of http2Servers(server)) http2.on('session', limitControlFrames);
  const open = new Set<Socket>();
  const listener = createServer((socket) => {
    if (open.size >= options.maxConnections) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    connections.injectConnection(socket);
  });
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

/** Returns the HTTP/2 servers of a gRPC server, which grpc-js does not offer. */
function http2Servers(server: Server): Iterable<Http2Server> {
  return (server as unknown as { readonly http2Servers: ReadonlyMap<Http2Server, unknown> }).http2Servers.keys();
}

/** A service whose messages reach its methods undecoded. */
interface LoadedService {
  readonly service: GrpcService;
  readonly definition: ServiceDefinition;
  /** Decoder of the requests of each method. */
  readonly decoders: Readonly<Record<string, Decoder>>;
  /** Estimator of the memory of decoded requests, by the path of each method. */
  readonly memoryOf: readonly (readonly [path: string, memory: MessageMemory])[];
}

type Decoder = (bytes: Buffer) => object;

function loadService(service: GrpcService): LoadedService {
  const loaded = loadSync(service.protoFile, {
    includeDirs: [PROTO_FOLDER],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const methods = Object.entries(loaded[service.name] as LoadedDefinition);
  const undecoded = methods.map(([name, method]) => [
    name,
    { ...method, requestDeserialize: (bytes: Buffer) => bytes },
  ]);
  return {
    service,
    definition: Object.fromEntries(undecoded),
    decoders: Object.fromEntries(methods.map(([name, { requestDeserialize }]) => [name, requestDeserialize])),
    memoryOf: methods.map(([, method]) => [method.path, messageMemory(method, loaded)]),
  };
}

function unary(method: GrpcMethod, decode: Decoder, { metrics, tracer, onError }: GrpcOptions) {
  return async (call: ServerUnaryCall<Buffer, object>, answer: sendUnaryData<object>) => {
    const since = performance.now();
    let isCancelled = false;
    call.on('cancelled', () => {
      isCancelled = true;
    });
    const disconnected: Cancellation = {
      get aborted() {
        return isCancelled;
      },
      held: accountOf(call.metadata),
    };
    const headers = headersOf(call.metadata);
    const collected = tracer?.();
    const span = collected && traceCall(collected, call.getPath(), headers, disconnected);
    let outcome: StatusCode | 'OK' = 'OK';
    try {
      answer(null, await method(decoded(call.request, decode), span?.signal ?? disconnected));
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

/** Decodes a message. @throws InferenceError `INVALID_ARGUMENT` if it is malformed */
function decoded(message: Buffer, decode: Decoder): object {
  try {
    return decode(message);
  } catch (error) {
    throw invalid(`the message cannot be decoded: ${(error as Error).message}`);
  }
}
