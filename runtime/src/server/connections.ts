import type { ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { descriptorLimit, memoryLimit } from '../host-limits.js';

/** Share of the process's file descriptors for connections. Models, workers and stores need the rest. */
const DESCRIPTOR_SHARE = 0.75;

/** Default limit on open connections, if the process has enough file descriptors. */
const MAX_CONNECTIONS = 10_000;

/** Share of memory for the connections of the HTTP server, and for those of the gRPC server. */
const MEMORY_SHARE = 1 / 16;

/** Memory in bytes of a connection whose request has headers of the largest size. */
const CONNECTION_BYTES = 20 * 1024;

/** Returns the default limit on open connections. */
export function defaultMaxConnections(): number {
  const descriptors = (descriptorLimit() ?? Number.POSITIVE_INFINITY) * DESCRIPTOR_SHARE;
  const memory = (memoryLimit() * MEMORY_SHARE) / CONNECTION_BYTES;
  return Math.max(1, Math.floor(Math.min(MAX_CONNECTIONS, descriptors, memory)));
}

interface Connection {
  /** Sequence number of the last use, across all connections. */
  lastUsed: number;
  /** Response to the latest request. */
  response: ServerResponse | undefined;
}

/**
 * Limits the open connections of an HTTP server. Above the limit, the connections that have been idle longest are
 * closed.
 */
export class Connections {
  private readonly open = new Map<Socket, Connection>();
  private uses = 0;

  constructor(
    server: Server,
    private readonly limits: { readonly maxConnections: number },
  ) {
    server.on('connection', (socket: Socket) => {
      this.open.set(socket, { lastUsed: this.uses++, response: undefined });
      socket.once('close', () => this.open.delete(socket));
      if (this.open.size > this.limits.maxConnections) this.evictOldest(socket);
    });
  }

  /** Records that `response` belongs to the latest request of its connection. */
  use(response: ServerResponse): void {
    const connection = response.socket && this.open.get(response.socket);
    if (!connection) return;
    connection.lastUsed = this.uses++;
    connection.response = response;
  }

  /** Closes the connections that have been idle longest, or `latest` if no connection is idle. */
  private evictOldest(latest: Socket): void {
    const idle = [...this.open].filter(([socket, connection]) => socket !== latest && isIdle(connection));
    idle.sort(([, one], [, other]) => one.lastUsed - other.lastUsed);
    // Closing several at once keeps a flood of connections from searching the whole list for each new one.
    const count = Math.max(1, Math.floor(this.limits.maxConnections / 100));
    const closed = idle.length > 0 ? idle.slice(0, count).map(([socket]) => socket) : [latest];
    for (const socket of closed) socket.destroy();
  }
}

function isIdle({ response }: Connection): boolean {
  return response === undefined || response.writableFinished || response.destroyed;
}
