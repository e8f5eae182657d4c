import type { ServerHttp2Stream } from 'node:http2';
import { Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import type { ByteBudget } from '../http/byte-budget.js';
import type { HttpRequest } from '../http/http.js';
import type { RuntimeMetrics } from '../observability/metrics.js';
import { asInferenceError } from '../protocols/handled.js';
import { InferenceError, shuttingDown } from '../tensor/errors.js';
import type { HeldBytes } from '../tensor/request.js';
import type { Admission } from './admission.js';
import { type Codec, LARGE_BODY_BYTES } from './codec.js';
import type { GrpcCall } from './grpc-calls.js';
import { LINGER_MS } from './request-body.js';

/** Limits and authorization of gRPC calls. */
export interface GateOptions {
  /** Authorizes callers. @default - every caller is accepted */
  readonly admission?: Admission;
  /** Metrics that count rejected calls. @default - rejected calls are not counted */
  readonly metrics?: RuntimeMetrics;
  /**
   * Returns whether the server is shutting down and rejects new calls.
   *
   * @default - calls are never rejected for shutdown
   */
  readonly isDraining?: () => boolean;
  /** Memory budget shared by all requests. */
  readonly budget: ByteBudget;
  readonly maxMessageBytes: number;
  /** Milliseconds from the metadata until the whole message must have arrived. */
  readonly messageMs: number;
  /** Milliseconds that a client may pause while it reads a response. */
  readonly readMs: number;
  /** Methods for health checks. They need no credential and keep working during shutdown. */
  readonly openMethods: readonly string[];
  /** Calls that the server offers, by their paths. */
  readonly calls: ReadonlyMap<string, Pick<GrpcCall, 'memoryOf'>>;
  /** Handler for large messages, which counts their memory. @default - every message is counted here */
  readonly codec?: Codec;
  /** Callback for internal errors. Their text is never sent to the caller. */
  readonly onError: (error: unknown) => void;
}

/** Maximum expansion ratio of DEFLATE: https://zlib.net/zlib_tech.html */
const MAX_INFLATION = 1032;

/** Size in bytes up to which the memory of a decoded message is not counted. */
const SMALL_MESSAGE_BYTES = 1024;

/**
 * Maximum size in bytes of the message of a health check. Anyone may send one, and the longest valid message contains the
 * name of a service or a model.
 */
const OPEN_MESSAGE_BYTES = 1024;

/** Size in bytes of the head of a gRPC message frame. */
const FRAME_HEAD_BYTES = 5;

/** Account of each call, by the metadata that its handler gets. */
const accounts = new WeakMap<Metadata, HeldBytes>();

/** Returns the memory account of a call. */
export function accountOf(metadata: Metadata): HeldBytes | undefined {
  return accounts.get(metadata);
}

/** First byte of a gRPC message frame that marks the message as compressed. */
const COMPRESSED = 1;

/**
 * Creates an interceptor that admits or rejects each call by its metadata, before the message is read. It also limits
 * the memory and the time that a message takes.
 */
export function gate(options: GateOptions): ServerInterceptor {
  const {
    admission,
    metrics,
    isDraining,
    budget,
    maxMessageBytes,
    messageMs,
    readMs,
    openMethods,
    calls,
    codec,
    onError,
  } = options;
  const countedBytes = codec ? LARGE_BODY_BYTES : Number.POSITIVE_INFINITY;
  return ({ path }, call) => {
    const isOpen = openMethods.includes(path.slice(path.lastIndexOf('/') + 1));
    const stream = streamOf(call);
    const held = budget.open();
    let arrived = 0;
    let counted = 0;
    let isCompressed = false;
    let isRunning = false;
    let isRejected = false;
    let timer: NodeJS.Timeout | undefined;

    const settle = () => {
      if (stream.closed && !isRunning) held.release();
    };
    stream.once('close', () => {
      clearTimeout(timer);
      settle();
    });

    const checkSize = (messageBytes: number) => {
      if (!isOpen || messageBytes <= OPEN_MESSAGE_BYTES) return;
      throw new InferenceError(
        'OUT_OF_RANGE',
        `the message of a health check is larger than ${OPEN_MESSAGE_BYTES} bytes`,
      );
    };

    const reject = (error: unknown) => {
      clearTimeout(timer);
      if (stream.closed || isRunning || isRejected) return;
      isRejected = true;
      if (!(error instanceof InferenceError)) onError(error);
      const { code, message, retryAfterSeconds } = asInferenceError(error);
      metrics?.callRefused(code);
      call.sendStatus({ code: status[code], details: message, metadata: pushback(retryAfterSeconds) });
      // Closing the stream drops what the client still sends, without buffering or decompressing it. It waits until the
      // status is written, which Node 22 would replace by the end of the stream. Destroying it waits longer, because an
      // abrupt end would replace the status before the client reads it.
      setImmediate(() => stream.close());
      setTimeout(() => stream.destroy(), LINGER_MS).unref();
    };

    const count = (chunk: Buffer) => {
      if (arrived === 0) isCompressed = chunk[0] === COMPRESSED;
      arrived += chunk.length;
      try {
        checkSize(arrived - FRAME_HEAD_BYTES);
        const unpacked = isCompressed ? Math.min(arrived * MAX_INFLATION, maxMessageBytes) : 0;
        const bytes = arrived + unpacked;
        held.take(bytes - counted);
        counted = bytes;
      } catch (error) {
        reject(error);
      }
    };

    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, proceed) {
            const open = () => {
              if (stream.closed) return;
              accounts.set(metadata, held);
              timer = setTimeout(() => {
                const text = `the message did not arrive within ${messageMs / 1000} s`;
                reject(new InferenceError('DEADLINE_EXCEEDED', text));
              }, messageMs);
              // This listener must run before grpc-js's own, which decompresses a message as soon as its last byte
              // arrives.
              stream.prependListener('data', count);
              proceed(metadata);
            };
            if (isOpen) open();
            else if (isDraining?.()) reject(shuttingDown());
            else if (!admission) open();
            else admission({ headers: headersOf(metadata) }).then(open, reject);
          },
          onReceiveMessage(message: Buffer, proceed) {
            // A small message may become many objects, which would take the memory of the process.
            try {
              checkSize(message.length);
              if (message.length > SMALL_MESSAGE_BYTES && message.length < countedBytes) {
                const memory = calls.get(path)!.memoryOf(message, budget.limit);
                held.take(Math.max(0, memory - message.length));
              }
            } catch (error) {
              reject(error);
              return;
            }
            proceed(message);
          },
          onReceiveHalfClose(proceed) {
            clearTimeout(timer);
            isRunning = true;
            proceed();
          },
        }),
      sendMessage(message, next) {
        next(message);
        // Bytes that the client has not read yet stay in memory, so they keep counting against the budget.
        if (stream.writableLength > 0) {
          held.resize(arrived + stream.writableLength);
          stream.setTimeout(readMs, () => stream.destroy());
        }
      },
      sendStatus(outcome, next) {
        isRunning = false;
        next(outcome);
        settle();
      },
    });
  };
}

/** Converts the metadata of a call to HTTP headers. */
export function headersOf(metadata: Metadata): HttpRequest['headers'] {
  // The server reads no binary header, so converting each value to a string is safe.
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]));
}

/** Metadata that tells a gRPC client when it may retry. */
export function pushback(seconds: number | undefined): Metadata | undefined {
  if (seconds === undefined) return undefined;
  const metadata = new Metadata();
  metadata.set('grpc-retry-pushback-ms', String(seconds * 1000));
  return metadata;
}

/**
 * Returns the HTTP/2 stream of a call. grpc-js passes only whole messages to an interceptor, not the bytes as they
 * arrive.
 */
function streamOf(call: unknown): ServerHttp2Stream {
  return (call as { readonly stream: ServerHttp2Stream }).stream;
}
