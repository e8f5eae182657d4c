import type { VertexRoutes } from '../protocols/index.js';

/** What the host that started the process asks of the server. */
export interface HostSettings {
  /** The port to listen on. @default the configured one */
  readonly port?: number;
  /** @default the process does not run on Vertex AI */
  readonly vertexRoutes?: VertexRoutes;
  /** The type in which SageMaker's callers get answers that accept any. @default JSON */
  readonly sageMakerAccept?: string;
  /** The Google Cloud project whose Cloud Trace has the traces of requests. @default none is named */
  readonly googleProject?: string;
  /** Folder that models are loaded from by request alone. @default the process is no multi-model endpoint of SageMaker */
  readonly requestedModels?: string;
}

/** Where hosts name the port, the most particular first. */
const PORT_VARIABLES = ['AIP_HTTP_PORT', 'FUNCTIONS_CUSTOMHANDLER_PORT', 'PORT'] as const;

/** Where SageMaker lays the models of a multi-model endpoint, each before it asks to load it. */
const SAGEMAKER_MODELS = '/opt/ml/models';

/** Reads the variables that hosts set: Vertex AI, SageMaker, Azure Functions, Google Cloud, and those that follow Cloud Run. */
export function readHost(environment: Readonly<Record<string, string | undefined>>): HostSettings {
  const port = PORT_VARIABLES.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
  const { AIP_HEALTH_ROUTE: health, AIP_PREDICT_ROUTE: predict } = environment;
  return {
    port: port !== undefined && /^\d{1,5}$/.test(port) ? Number(port) : undefined,
    vertexRoutes: health && predict ? { health, predict } : undefined,
    sageMakerAccept: environment.SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT || undefined,
    googleProject: environment.GOOGLE_CLOUD_PROJECT || undefined,
    requestedModels: environment.SAGEMAKER_MULTI_MODEL === 'true' ? SAGEMAKER_MODELS : undefined,
  };
}
