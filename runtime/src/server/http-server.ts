import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type ByteBudget, UNCOUNTED_BYTES } from '../http/byte-budget.js';
import type { HttpRequest, HttpResponse } from '../http/http.js';
import { BodyTooLarge } from '../http/inflate.js';
import { InferenceError, invalid } from '../tensor/errors.js';
import type { Cancellation, HeldBytes } from '../tensor/request.js';
import type { App } from './app.js';
import { Connections } from './connections.js';
import { EMPTY, ignore, LINGER_MS, readBody } from './request-body.js';

/** Limits of the HTTP server. */
export interface ServerLimits {
  readonly maxBodyBytes: number;
  readonly times: ServerTimes;
  /** Memory budget shared by all requests. */
  readonly budget: ByteBudget;
  /** Maximum number of open connections. Above it, the connections that have been idle longest are closed. */
  maxConnections: number;
}

/** Time limits for clients, in milliseconds. */
export interface ServerTimes {
  /** Time to receive all headers of a request. */
  readonly headersMs: number;
  /** Time to receive a whole request, including its body. */
  readonly requestMs: number;
  /** Time that a connection may stay idle between two requests. */
  readonly idleMs: number;
  /** Time that a client may pause while it reads a response. */
  readonly readMs: number;
  /** Interval between checks of the limits on headers and requests. */
  readonly checkMs: number;
}

/**
 * Idle timeout of Google Cloud load balancers in seconds, the longest timeout that cannot be configured.
 * https://cloud.google.com/load-balancing/docs/https#timeout-keepalive-backends
 */
const BALANCER_IDLE_SECONDS = 600;
/** Seconds that the server keeps an idle connection open after a load balancer would have closed it. */
const MARGIN_SECONDS = 20;

/**
 * Returns the time limits of the server.
 *
 * @param timeoutSeconds request timeout, which load balancers also use as their idle timeout
 */
export function serverTimes(timeoutSeconds: number): ServerTimes {
  return {
    headersMs: 10_000,
    requestMs: 60_000,
    // Closing a connection that a load balancer is about to reuse would return 502 to the caller. The server therefore
    // waits longer than any load balancer.
    idleMs: (Math.max(BALANCER_IDLE_SECONDS, timeoutSeconds) + MARGIN_SECONDS) * 1000,
    readMs: 30_000,
    checkMs: 5_000,
  };
}

const MAX_HEADER_BYTES = 16 * 1024;

/** Creates an HTTP/1.1 server for `app`. It is not listening yet. */
export function createHttpServer(app: App, limits: ServerLimits): Server {
  const { times } = limits;
  const server = createServer(
    {
      headersTimeout: times.headersMs,
      requestTimeout: times.requestMs,
      connectionsCheckingInterval: times.checkMs,
      keepAliveTimeout: times.idleMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
    },
    (incoming, outgoing) => {
      connections.use(outgoing);
      receive(app, limits, incoming, outgoing);
    },
  );
  const connections = new Connections(server, limits);
  // A client that sends `Expect: 100-continue` is rejected before it sends a body that is too large or unauthorized.
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    connections.use(outgoing);
    receive(app, limits, incoming, outgoing, () => outgoing.writeContinue());
  });
  return server;
}

/** A request that detects when its client disconnects. */
class IncomingRequest implements HttpRequest, Cancellation {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  body: Buffer = EMPTY;
  isAdmitted = false;
  truncatedTexts = 0;

  private account: HeldBytes | undefined;
  private isRunning = false;
  private isClosed = false;

  constructor(
    incoming: IncomingMessage,
    private readonly outgoing: ServerResponse,
    private readonly budget: ByteBudget,
  ) {
    const url = targetOf(incoming);
    const mark = url.indexOf('?');
    this.method = incoming.method ?? 'GET';
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.query = mark === -1 ? '' : url.slice(mark + 1);
    // Node joins repeated headers, except `set-cookie`, which requests do not carry.
    this.headers = incoming.headers as Readonly<Record<string, string | undefined>>;
  }

  get signal(): Cancellation {
    return this;
  }

  /** Memory account of the request, opened on first use. Most requests are too small to need one. */
  get held(): HeldBytes {
    if (!this.account) {
      this.account = this.budget.open();
      this.isClosed = this.outgoing.destroyed;
      this.outgoing.once('close', () => {
        this.isClosed = true;
        this.settle();
      });
    }
    return this.account;
  }

  /** Keeps the memory account open until `ended`, even if the client disconnects. */
  started(): void {
    this.isRunning = true;
  }

  /** Closes the memory account once the response is sent or the client has disconnected. */
  ended(): void {
    this.isRunning = false;
    this.settle();
  }

  private settle(): void {
    if (this.isClosed && !this.isRunning) this.account?.release();
  }

  get aborted(): boolean {
    return this.outgoing.destroyed && !this.outgoing.writableFinished;
  }
}

/** Returns path and query of the request target. Requests through a proxy carry an absolute URL. */
function targetOf({ url = '/' }: IncomingMessage): string {
  if (url.startsWith('/')) return url;
  const path = /^https?:\/\/[^/?]*(.*)$/i.exec(url)?.[1] ?? url;
  return path === '' || path.startsWith('?') ? `/${path}` : path;
}

/**
 * Returns the error of a request that Node's parser accepts and that proxies may read in another way (RFC 9112): several
 * `Host` headers, a transfer coding other than chunked, or no HTTP version.
 */
function flawOf({ rawHeaders, headers, httpVersionMajor }: IncomingMessage): InferenceError | undefined {
  if (httpVersionMajor < 1) return invalid('the request line has no HTTP version');
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && !/^\s*chunked\s*$/i.test(encoding)) {
    return new InferenceError('UNIMPLEMENTED', `transfer-encoding ${encoding.slice(0, 40)}: only chunked is supported`);
  }
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1 ? invalid('the request has several Host headers') : undefined;
}

/**
 * Reads a request, runs it and sends the response.
 *
 * @param proceed sends `100 Continue` to a client that waits for it
 */
function receive(
  app: App,
  { maxBodyBytes, budget, times: { readMs } }: ServerLimits,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  proceed?: () => void,
): void {
  const request = new IncomingRequest(incoming, outgoing, budget);
  const flaw = flawOf(incoming);
  if (flaw) {
    rejectBody(incoming, outgoing, app.refuse(request, flaw));
    return;
  }
  const refuse = (error: unknown) => rejectBody(incoming, outgoing, app.refuse(request, error));
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  const read = () => {
    proceed?.();
    readBody(
      incoming,
      maxBodyBytes,
      () => request.held,
      refuse,
      (body) => {
        request.body = body;
        request.started();
        void app.handle(request).then((response) => {
          request.ended();
          if (!app.isDraining) send(outgoing, response, readMs);
          else void sendLast(app, outgoing, response, readMs);
        });
      },
    );
  };
  const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
  if (!hasBody) {
    read();
    return;
  }
  // A body takes memory, so the server reads it only if a route needs it, the caller is authorized and the budget
  // allows it.
  if (!app.takesBody(request)) {
    void app.handle(request).then((response) => rejectBody(incoming, outgoing, response));
    return;
  }
  const readIfRoom = () => {
    try {
      const bytes = Number(length ?? 0);
      if (bytes > maxBodyBytes) throw new BodyTooLarge(maxBodyBytes);
      if (bytes > UNCOUNTED_BYTES) request.held.check(bytes);
    } catch (error) {
      refuse(error);
      return;
    }
    read();
  };
  const authorized = app.authorize(request);
  if (!authorized) readIfRoom();
  else {
    authorized.then(() => {
      request.isAdmitted = true;
      readIfRoom();
    }, refuse);
  }
}

/**
 * Responds before the body is read, then closes the connection. The server discards what the client still sends for a
 * while. Closing immediately would reset the connection, and many clients would lose the response.
 */
function rejectBody(incoming: IncomingMessage, outgoing: ServerResponse, response: HttpResponse): void {
  if (outgoing.destroyed) return;
  const { status, headers, body } = response;
  outgoing.writeHead(status, { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) });
  outgoing.write(body);
  const end = () => {
    clearTimeout(limit);
    outgoing.end();
  };
  const limit = setTimeout(end, LINGER_MS);
  incoming.on('error', ignore);
  incoming.once('end', end).once('close', end).resume();
}

function send(outgoing: ServerResponse, { status, headers, body }: HttpResponse, readMs: number): void {
  if (outgoing.destroyed) return;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  // node:http writes a flat header list unchanged, which avoids the work of normalizing an object.
  const list = ['content-length', String(length)];
  for (const name in headers) list.push(name, headers[name]!);
  outgoing.writeHead(status, list);
  // Node omits the body when it responds to HEAD.
  if (typeof body !== 'string' && length <= MAX_JOINED_BYTES) outgoing.end(body.toString('latin1'), 'latin1');
  else outgoing.end(body);
  if (outgoing.writableLength > 0) limitReading(outgoing, outgoing.writableLength, readMs);
}

/** Sends the last response of a connection. */
async function sendLast(app: App, outgoing: ServerResponse, response: HttpResponse, readMs: number): Promise<void> {
  await app.responsesHeld;
  outgoing.shouldKeepAlive = false;
  send(outgoing, response, readMs);
}

/** Minimum average read rate of a client, in bytes per millisecond. */
const MIN_READ_RATE = 16;

/** Closes the connection of a client that stops reading a response of `bytes`, or reads it too slowly. */
function limitReading(outgoing: ServerResponse, bytes: number, readMs: number): void {
  const destroy = () => outgoing.destroy();
  const limit = setTimeout(destroy, readMs + bytes / MIN_READ_RATE);
  outgoing.setTimeout(readMs, destroy).once('close', () => clearTimeout(limit));
}

/**
 * Largest body in bytes that is sent in one write with its headers. Node joins only strings, and latin1 preserves each
 * byte.
 */
const MAX_JOINED_BYTES = 4096;
