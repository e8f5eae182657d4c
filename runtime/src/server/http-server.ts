import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { paddingAfter } from '../inference/alignment.js';
import { invalid } from '../inference/errors.js';
import type { Cancellation } from '../inference/request.js';
import { JSON_LENGTH_HEADER } from '../protocols/open-inference/infer-response.js';
import type { App } from './app.js';
import type { HttpRequest, HttpResponse } from './http.js';
import { BodyTooLarge } from './inflate.js';

/** How long a client may take, in milliseconds. */
export interface ServerTimes {
  /** From the connection to the last header. */
  readonly headersMs: number;
  /** From the connection to the last byte of the body. */
  readonly requestMs: number;
  /** From an answer to the next request of the same connection. */
  readonly idleMs: number;
  /** How often connections are held against these. */
  readonly checkMs: number;
}

/**
 * Google's load balancers keep an idle connection for 600 seconds, the longest of those that cannot be told.
 * https://cloud.google.com/load-balancing/docs/https#timeout-keepalive-backends
 */
const BALANCER_IDLE_SECONDS = 600;
/** By how much the server is more patient. */
const MARGIN_SECONDS = 20;

/** @param timeoutSeconds the time limit of a request, which load balancers take as theirs for an idle connection */
export function serverTimes(timeoutSeconds: number): ServerTimes {
  return {
    headersMs: 10_000,
    requestMs: 60_000,
    // The server never closes a connection that a load balancer is about to use, which would be a 502 to a caller.
    idleMs: (Math.max(BALANCER_IDLE_SECONDS, timeoutSeconds) + MARGIN_SECONDS) * 1000,
    checkMs: 5_000,
  };
}

const MAX_HEADER_BYTES = 16 * 1024;

/** A chunk costs memory beside its bytes: no more than this many may be small on average. */
const MAX_SMALL_CHUNKS = 10_000;
const SMALL_CHUNK_BYTES = 256;

/** Serves `app` over HTTP/1.1; not yet listening. */
export function createHttpServer(app: App, maxBodyBytes: number, times: ServerTimes): Server {
  const server = createServer(
    {
      headersTimeout: times.headersMs,
      requestTimeout: times.requestMs,
      connectionsCheckingInterval: times.checkMs,
      keepAliveTimeout: times.idleMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
    },
    (incoming, outgoing) => receive(app, maxBodyBytes, incoming, outgoing),
  );
  // A client that asks before it sends is told at once if the body is too large.
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (Number(incoming.headers['content-length']) <= maxBodyBytes) outgoing.writeContinue();
    receive(app, maxBodyBytes, incoming, outgoing);
  });
  return server;
}

/** A request that knows whether its client is still there. */
class IncomingRequest implements HttpRequest, Cancellation {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;

  constructor(
    incoming: IncomingMessage,
    private readonly outgoing: ServerResponse,
    readonly body: Buffer,
  ) {
    const url = incoming.url ?? '/';
    const mark = url.indexOf('?');
    this.method = incoming.method ?? 'GET';
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.query = mark === -1 ? '' : url.slice(mark + 1);
    // Node joins repeated headers but for set-cookie, which no request has.
    this.headers = incoming.headers as Readonly<Record<string, string | undefined>>;
  }

  get signal(): Cancellation {
    return this;
  }

  get aborted(): boolean {
    return this.outgoing.destroyed && !this.outgoing.writableFinished;
  }
}

function receive(app: App, maxBodyBytes: number, incoming: IncomingMessage, outgoing: ServerResponse): void {
  let first: Buffer | undefined;
  let chunks: Buffer[] | undefined;
  let size = 0;
  let isRefused = false;

  const refuse = (error: Error) => {
    isRefused = true;
    chunks = undefined;
    const path = (incoming.url ?? '/').split('?')[0]!;
    // What is left of the body is not worth reading, so that the connection ends with the answer.
    outgoing.shouldKeepAlive = false;
    send(outgoing, app.refuse(path, error));
    outgoing.once('finish', () => incoming.destroy());
  };
  if (Number(incoming.headers['content-length']) > maxBodyBytes) {
    refuse(new BodyTooLarge(maxBodyBytes));
    return;
  }
  incoming.on('data', (chunk: Buffer) => {
    if (isRefused) return;
    size += chunk.length;
    if (size > maxBodyBytes) refuse(new BodyTooLarge(maxBodyBytes));
    else if (first === undefined) first = chunk;
    else if (chunks === undefined) chunks = [first, chunk];
    else if (chunks.push(chunk) > MAX_SMALL_CHUNKS && size < chunks.length * SMALL_CHUNK_BYTES) {
      refuse(invalid(`the body comes in chunks of less than ${SMALL_CHUNK_BYTES} bytes`));
    }
  });
  incoming.on('end', () => {
    if (isRefused) return;
    const body = chunks ? join(chunks, size, Number(incoming.headers[JSON_LENGTH_HEADER])) : (first ?? EMPTY);
    const request = new IncomingRequest(incoming, outgoing, body);
    void app.handle(request).then((response) => {
      if (app.isDraining) outgoing.shouldKeepAlive = false;
      send(outgoing, response);
    });
  });
  incoming.on('error', ignore);
}

/** Joins a body so that the binary tensors behind its JSON, if it has some, can be read where they are. */
function join(chunks: readonly Buffer[], size: number, jsonLength: number): Buffer {
  const offset = paddingAfter(jsonLength);
  const body = Buffer.allocUnsafeSlow(offset + size).subarray(offset);
  let position = 0;
  for (const chunk of chunks) {
    body.set(chunk, position);
    position += chunk.length;
  }
  return body;
}

/** A client that goes away while it sends has nobody left to answer. */
function ignore(): void {}

const EMPTY = Buffer.alloc(0);

function send(outgoing: ServerResponse, { status, headers, body }: HttpResponse): void {
  if (outgoing.destroyed) return;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  // A flat list, which node:http writes as it is.
  const list = ['content-length', String(length)];
  for (const name in headers) list.push(name, headers[name]!);
  outgoing.writeHead(status, list);
  // Node leaves the body of an answer to HEAD out.
  if (typeof body !== 'string' && length <= MAX_JOINED_BYTES) outgoing.end(body.toString('latin1'), 'latin1');
  else outgoing.end(body);
}

/** Up to here a body goes out in one piece with its headers, which Node does with strings alone; latin1 keeps each byte. */
const MAX_JOINED_BYTES = 4096;
