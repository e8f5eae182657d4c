import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Interval between checks of the connections, in milliseconds. */
const LOOK_MS = 20;

/**
 * Tracks the connections of `server` for its shutdown. Node treats a connection as idle when its response is written
 * but not yet sent. Closing it then would truncate the response.
 *
 * @returns a function that waits until every response is sent, at most the given milliseconds
 */
export function responsesSent(server: Server): (milliseconds: number) => Promise<void> {
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  return async (milliseconds) => {
    const end = performance.now() + milliseconds;
    // Responses that were just created are written in this turn of the event loop.
    await new Promise((later) => setImmediate(later));
    while ([...connections].some(({ writableLength }) => writableLength > 0) && performance.now() < end) {
      await new Promise((later) => setTimeout(later, LOOK_MS));
    }
  };
}
