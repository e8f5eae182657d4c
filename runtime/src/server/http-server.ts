import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type ByteBudget, type HeldBytes, UNCOUNTED_BYTES } from '../http/byte-budget.js';
import type { HttpRequest, HttpResponse } from '../http/http.js';
import { BodyTooLarge } from '../http/inflate.js';
import type { Cancellation } from '../tensor/request.js';
import type { App } from './app.js';
import { Connections } from './connections.js';
import { EMPTY, ignore, LINGER_MS, readBody } from './request-body.js';

/** What bounds the server. */
export interface ServerLimits {
  readonly maxBodyBytes: number;
  readonly times: ServerTimes;
  /** Bytes that all requests hold together. */
  readonly budget: ByteBudget;
  /** Open connections. Above it the one that has been idle longest is closed. */
  readonly maxConnections: number;
}

/** How long a client may take, in milliseconds. */
export interface ServerTimes {
  /** From the connection to the last header. */
  readonly headersMs: number;
  /** From the connection to the last byte of the body. */
  readonly requestMs: number;
  /** From an answer to the next request of the same connection. */
  readonly idleMs: number;
  /** From one piece of an answer that the client reads to the next. */
  readonly readMs: number;
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
    readMs: 30_000,
    checkMs: 5_000,
  };
}

const MAX_HEADER_BYTES = 16 * 1024;

/** Serves `app` over HTTP/1.1; not yet listening. */
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
  const connections = new Connections(server, limits.maxConnections);
  // A client that asks before it sends is told at once if the body is too large, or not for it to send.
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    connections.use(outgoing);
    receive(app, limits, incoming, outgoing, () => outgoing.writeContinue());
  });
  return server;
}

/** A request that knows whether its client is still there. */
class IncomingRequest implements HttpRequest, Cancellation {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  body: Buffer = EMPTY;
  isAdmitted = false;

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
    // Node joins repeated headers but for set-cookie, which no request has.
    this.headers = incoming.headers as Readonly<Record<string, string | undefined>>;
  }

  get signal(): Cancellation {
    return this;
  }

  /** Opened by what is first counted, which most requests are too small for. */
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

  /** Keeps what is held until `ended`, even if the client goes away. */
  started(): void {
    this.isRunning = true;
  }

  /** Releases what is held once the answer has left or its client is gone. */
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

/** The path and the query, of a target that names a host too as well: proxies are sent those. */
function targetOf({ url = '/' }: IncomingMessage): string {
  if (url.startsWith('/')) return url;
  const path = /^https?:\/\/[^/?]*(.*)$/i.exec(url)?.[1] ?? url;
  return path === '' || path.startsWith('?') ? `/${path}` : path;
}

/** @param proceed tells a client that waits for it to send the body */
function receive(
  app: App,
  { maxBodyBytes, budget, times: { readMs } }: ServerLimits,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  proceed?: () => void,
): void {
  const request = new IncomingRequest(incoming, outgoing, budget);
  const refuse = (error: unknown) => refuseBody(incoming, outgoing, app.refuse(request, error));
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
  // A body is memory: it is read only for a route that takes one, a caller that is authorized, and if there is room.
  if (!app.takesBody(request)) {
    void app.handle(request).then((response) => refuseBody(incoming, outgoing, response));
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
 * Answers before the body is read, and ends the connection. What the client still sends is taken for a while and thrown
 * away: closed at once, the connection would be reset, by which many clients lose the answer that they were sent.
 */
function refuseBody(incoming: IncomingMessage, outgoing: ServerResponse, response: HttpResponse): void {
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
  // A flat list, which node:http writes as it is.
  const list = ['content-length', String(length)];
  for (const name in headers) list.push(name, headers[name]!);
  outgoing.writeHead(status, list);
  // Node leaves the body of an answer to HEAD out.
  if (typeof body !== 'string' && length <= MAX_JOINED_BYTES) outgoing.end(body.toString('latin1'), 'latin1');
  else outgoing.end(body);
  if (outgoing.writableLength > 0) limitReading(outgoing, outgoing.writableLength, readMs);
}

/** Sends the last answer of a connection. */
async function sendLast(app: App, outgoing: ServerResponse, response: HttpResponse, readMs: number): Promise<void> {
  await app.answersHeld;
  outgoing.shouldKeepAlive = false;
  send(outgoing, response, readMs);
}

/** Bytes a millisecond that a client must read at least, on average. */
const MIN_READ_RATE = 16;

/** Closes the connection of a client that stops reading an answer of `bytes`, or reads it a byte at a time. */
function limitReading(outgoing: ServerResponse, bytes: number, readMs: number): void {
  const destroy = () => outgoing.destroy();
  const limit = setTimeout(destroy, readMs + bytes / MIN_READ_RATE);
  outgoing.setTimeout(readMs, destroy).once('close', () => clearTimeout(limit));
}

/** Up to here a body goes out in one piece with its headers, which Node does with strings alone; latin1 keeps each byte. */
const MAX_JOINED_BYTES = 4096;
