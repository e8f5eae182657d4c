import type { VertexRoutes } from '../protocols/index.js';

/** What the host that started the process asks of the server. */
export interface HostSettings {
  /** The port to listen on. @default the configured one */
  readonly port?: number;
  /** @default the process does not run on Vertex AI */
  readonly vertexRoutes?: VertexRoutes;
}

/** Where hosts name the port, the most particular first. */
const PORT_VARIABLES = ['AIP_HTTP_PORT', 'FUNCTIONS_CUSTOMHANDLER_PORT', 'PORT'] as const;

/** Reads the variables that hosts set: Vertex AI, Azure Functions, and those that follow Cloud Run. */
export function readHost(environment: Readonly<Record<string, string | undefined>>): HostSettings {
  const port = PORT_VARIABLES.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
  const { AIP_HEALTH_ROUTE: health, AIP_PREDICT_ROUTE: predict } = environment;
  return {
    port: port !== undefined && /^\d{1,5}$/.test(port) ? Number(port) : undefined,
    vertexRoutes: health && predict ? { health, predict } : undefined,
  };
}
