import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How often the connections are looked at, in milliseconds. */
const LOOK_MS = 20;

/**
 * Watches the connections of `server`, for its end: Node closes a connection whose answer is written to it and not yet
 * on its way as if it were idle, and the client gets a part.
 *
 * @returns waits until every answer is on its way, at most so many milliseconds
 */
export function lastAnswers(server: Server): (milliseconds: number) => Promise<void> {
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  return async (milliseconds) => {
    const end = performance.now() + milliseconds;
    // Answers that were just made are written first.
    await new Promise((later) => setImmediate(later));
    while ([...connections].some(({ writableLength }) => writableLength > 0) && performance.now() < end) {
      await new Promise((later) => setTimeout(later, LOOK_MS));
    }
  };
}
