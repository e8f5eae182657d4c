import type { ServerHttp2Stream } from 'node:http2';
import { Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import type { ByteBudget } from '../http/byte-budget.js';
import type { HttpRequest } from '../http/http.js';
import type { RuntimeMetrics } from '../observability/metrics.js';
import { asInferenceError } from '../protocols/handled.js';
import { InferenceError, shuttingDown } from '../tensor/errors.js';
import type { Admission } from './admission.js';
import { LINGER_MS } from './request-body.js';

/** What bounds calls. */
export interface GateOptions {
  /** Authorizes callers. @default every caller may call */
  readonly admission?: Admission;
  /** Counts rejected calls. @default they are not counted */
  readonly metrics?: RuntimeMetrics;
  /** Whether calls are rejected because the server ends. @default none is */
  readonly isDraining?: () => boolean;
  /** Bytes that all requests hold together. */
  readonly budget: ByteBudget;
  readonly maxMessageBytes: number;
  /** Milliseconds from the metadata to the whole message. */
  readonly messageMs: number;
  /** Milliseconds from one piece of an answer that the client reads to the next. */
  readonly readMs: number;
  /** Methods that probes call, without a credential and while the server ends. */
  readonly openMethods: readonly string[];
  /** Reports a fault of the server, whose text no caller sees. */
  readonly onError: (error: unknown) => void;
}

/** DEFLATE makes at most this many bytes of one: https://zlib.net/zlib_tech.html */
const MAX_INFLATION = 1032;

/** First byte of a message in gRPC's framing that says it is compressed. */
const COMPRESSED = 1;

/** Decides on each call by its metadata, before its message is read, and bounds what messages take. */
export function gate(options: GateOptions): ServerInterceptor {
  const { admission, metrics, isDraining, budget, maxMessageBytes, messageMs, readMs, openMethods, onError } = options;
  return ({ path }, call) => {
    const isOpen = openMethods.includes(path.slice(path.lastIndexOf('/') + 1));
    const stream = streamOf(call);
    const held = budget.open();
    let arrived = 0;
    let counted = 0;
    let isCompressed = false;
    let isRunning = false;
    let timer: NodeJS.Timeout | undefined;

    const settle = () => {
      if (stream.closed && !isRunning) held.release();
    };
    stream.once('close', () => {
      clearTimeout(timer);
      settle();
    });

    const reject = (error: unknown) => {
      clearTimeout(timer);
      if (stream.closed || isRunning) return;
      if (!(error instanceof InferenceError)) onError(error);
      const { code, message, retryAfterSeconds } = asInferenceError(error);
      metrics?.callRefused(code);
      call.sendStatus({ code: status[code], details: message, metadata: pushback(retryAfterSeconds) });
      // Closed at once, so that what the client still sends is neither kept nor unpacked; ended once the client has had
      // time to read the status, which an abrupt end would replace.
      stream.close();
      setTimeout(() => stream.destroy(), LINGER_MS).unref();
    };

    const count = (chunk: Buffer) => {
      if (arrived === 0) isCompressed = chunk[0] === COMPRESSED;
      arrived += chunk.length;
      try {
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
              timer = setTimeout(() => {
                const text = `the message did not arrive within ${messageMs / 1000} s`;
                reject(new InferenceError('DEADLINE_EXCEEDED', text));
              }, messageMs);
              // Before the listener of the call itself, which unpacks a message with its last byte.
              stream.prependListener('data', count);
              proceed(metadata);
            };
            if (isOpen) open();
            else if (isDraining?.()) reject(shuttingDown());
            else if (!admission) open();
            else admission({ headers: headersOf(metadata) }).then(open, reject);
          },
          onReceiveHalfClose(proceed) {
            clearTimeout(timer);
            isRunning = true;
            proceed();
          },
        }),
      sendMessage(message, next) {
        next(message);
        // What the client has not read yet is held until it has.
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

/** Metadata of a call in the form of HTTP headers, which it arrived as. */
export function headersOf(metadata: Metadata): HttpRequest['headers'] {
  // No header that the server reads has a binary value.
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]));
}

/** Time after which a client may retry, in the form that gRPC clients read. */
export function pushback(seconds: number | undefined): Metadata | undefined {
  if (seconds === undefined) return undefined;
  const metadata = new Metadata();
  metadata.set('grpc-retry-pushback-ms', String(seconds * 1000));
  return metadata;
}

/** The stream of a call. grpc-js shows an interceptor whole messages alone, and not what is still arriving. */
function streamOf(call: unknown): ServerHttp2Stream {
  return (call as { readonly stream: ServerHttp2Stream }).stream;
}
