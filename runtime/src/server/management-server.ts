import { createServer, type Server } from 'node:http';
import type { ModelCatalog } from '../models/model-catalog.js';
import { type ManagedSettings, managementResponse } from '../protocols/torchserve/management.js';
import { listening } from './listening.js';

/**
 * Lists and describes the models without authentication as TorchServe's management API does, on a port that callers cannot
 * reach.
 *
 * @throws Error if the port is taken
 */
export function startManagementServer(
  models: ModelCatalog,
  settings: ManagedSettings,
  port: number,
  address: string,
): Promise<Server> {
  const server = createServer((request, response) => {
    const { status, headers, body } = managementResponse(models, settings, request.method, request.url);
    response.writeHead(status, headers).end(body);
    // Bodies are not read, because every change is refused.
    request.resume();
  });
  return listening(server, port, address);
}
