import { once } from 'node:events';
import type { Http2Server } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import type { ByteBudget } from '../http/byte-budget.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import type { RuntimeMetrics } from '../observability/metrics.js';
import type { Tracer } from '../observability/tracer.js';
import { traceCall, traceIdOf } from '../observability/tracing.js';
import { asInferenceError } from '../protocols/handled.js';
import { InferenceError, type StatusCode } from '../tensor/errors.js';
import type { Cancellation } from '../tensor/request.js';
import type { Admission } from './admission.js';
import { type Codec, LARGE_BODY_BYTES } from './codec.js';
import { limitControlFrames } from './control-frames.js';
import { type GrpcCall, grpcCalls } from './grpc-calls.js';
import { accountOf, gate, headersOf, pushback } from './grpc-gate.js';
import type { ServerTimes } from './http-server.js';

/** Methods for health checks. */
const OPEN_METHODS: readonly string[] = ['ServerLive', 'ServerReady', 'Ping', 'Check'];

/** Maximum concurrent calls per connection, as the guides of Envoy and gRPC recommend. */
const MAX_STREAMS = 100;

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
  /** Handler for large messages outside this thread. @default - this thread handles every message */
  readonly codec?: Codec;
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
  const calls = grpcCalls(models);
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
        calls,
        onError: (error) => onError(error, undefined),
      }),
    ],
  });
  for (const [path, call] of calls) {
    const isOpen = OPEN_METHODS.includes(call.name);
    const handler = unary(path, call, isOpen ? { ...options, tracer: undefined } : options);
    server.addService({ [call.name]: call.definition }, { [call.name]: handler });
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

function unary(path: string, own: GrpcCall, { budget, codec, metrics, tracer, onError }: GrpcOptions) {
  return async (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
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
      const { request } = call;
      const signal = span?.signal ?? disconnected;
      const isLarge = codec !== undefined && request.length >= LARGE_BODY_BYTES;
      answer(null, await (isLarge ? codec.call(path, request, budget.limit, signal) : own.respond(request, signal)));
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
