import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { METRICS_PATH } from '../contract.js';
import { EXPOSITION_TYPE } from '../observability/exposition.js';

/**
 * Serves metrics without authentication, on a port that callers cannot reach.
 *
 * @param text returns the metrics in Prometheus's text format
 * @throws Error if the port is taken
 */
export async function startMetricsServer(text: () => string, port: number, address: string): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== METRICS_PATH) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': EXPOSITION_TYPE }).end(text());
  });
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}
