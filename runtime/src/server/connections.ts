import type { ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { descriptorLimit } from '../host-limits.js';

/** Share of the process's descriptors that connections may use: models, workers and stores need the others. */
const DESCRIPTOR_SHARE = 0.75;

/** Connections that a server keeps open by default, where the process has descriptors for them. */
const MAX_CONNECTIONS = 10_000;

/** Default bound on open connections. */
export function defaultMaxConnections(): number {
  const descriptors = descriptorLimit() ?? Number.POSITIVE_INFINITY;
  return Math.min(MAX_CONNECTIONS, Math.max(1, Math.floor(descriptors * DESCRIPTOR_SHARE)));
}

interface Connection {
  /** Rises with each request, over all connections. */
  lastUsed: number;
  /** Of the latest request. */
  response: ServerResponse | undefined;
}

/** Bounds the open connections of an HTTP server: for one more, those that have been idle longest are closed. */
export class Connections {
  private readonly open = new Map<Socket, Connection>();
  private uses = 0;

  constructor(
    server: Server,
    private readonly max: number,
  ) {
    server.on('connection', (socket: Socket) => {
      this.open.set(socket, { lastUsed: this.uses++, response: undefined });
      socket.once('close', () => this.open.delete(socket));
      if (this.open.size > this.max) this.makeRoom(socket);
    });
  }

  /** Notes that `response` answers a request of its connection. */
  use(response: ServerResponse): void {
    const connection = response.socket && this.open.get(response.socket);
    if (!connection) return;
    connection.lastUsed = this.uses++;
    connection.response = response;
  }

  /** Closes idle connections; if there are none, the one that just came. */
  private makeRoom(latest: Socket): void {
    const idle = [...this.open].filter(([socket, connection]) => socket !== latest && isIdle(connection));
    idle.sort(([, one], [, other]) => one.lastUsed - other.lastUsed);
    // Several at once, so that a flood of connections does not search them all for each.
    const count = Math.max(1, Math.floor(this.max / 100));
    const closed = idle.length > 0 ? idle.slice(0, count).map(([socket]) => socket) : [latest];
    for (const socket of closed) socket.destroy();
  }
}

function isIdle({ response }: Connection): boolean {
  return response === undefined || response.writableFinished || response.destroyed;
}
