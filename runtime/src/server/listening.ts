import { once } from 'node:events';
import type { Server } from 'node:http';

/** Waits until a server listens. @throws Error if the port is taken */
export async function listening(server: Server, port: number, address: string): Promise<Server> {
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}
