import { createServer, type Server } from 'node:http';
import { METRICS_PATH } from '../contract.js';
import { EXPOSITION_TYPE } from '../observability/exposition.js';
import type { Measurement } from '../observability/metrics.js';
import { listening } from './listening.js';

/**
 * Serves metrics without authentication, on a port that callers cannot reach.
 *
 * @param measure returns the metrics of the whole server
 * @throws Error if the port is taken
 */
export function startMetricsServer(
  measure: () => Promise<Measurement>,
  port: number,
  address: string,
): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== METRICS_PATH) {
      response.writeHead(404).end();
      return;
    }
    measure().then(
      ({ metrics, figures }) => response.writeHead(200, { 'content-type': EXPOSITION_TYPE }).end(metrics.text(figures)),
      () => response.writeHead(503).end(),
    );
  });
  return listening(server, port, address);
}
