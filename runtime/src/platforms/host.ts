import type { VertexRoutes } from '../protocols/index.js';

/** Part of a batch that a process runs. The tasks of an execution share its files. */
export interface BatchTask {
  /** Name of the execution, the same when the host starts a task again. */
  readonly execution: string;
  readonly index: number;
  readonly count: number;
}

/** Settings that the host of the process defines for the server. */
export interface HostSettings {
  /** Port to listen on. @default - the configured port */
  readonly port?: number;
  /** Vertex AI's routes for health checks and predictions. @default - the process does not run on Vertex AI */
  readonly vertexRoutes?: VertexRoutes;
  /** Content type of SageMaker responses for callers that accept any type. @default - JSON */
  readonly sageMakerAccept?: string;
  /** Google Cloud project that stores the traces of requests in Cloud Trace. @default - no project */
  readonly googleProject?: string;
  /**
   * Folder from which models are loaded only on request.
   *
   * @default - the process does not serve a SageMaker multi-model endpoint
   */
  readonly requestedModels?: string;
  /** Part of a batch that the process runs. @default - the process does not run in a job */
  readonly batchTask?: BatchTask;
}

/** Variables that hosts use to set the port, the most specific first. */
const PORT_VARIABLES = ['AIP_HTTP_PORT', 'SAGEMAKER_BIND_TO_PORT', 'FUNCTIONS_CUSTOMHANDLER_PORT', 'PORT'] as const;

/** Folder where SageMaker places each model of a multi-model endpoint before it requests to load it. */
const SAGEMAKER_MODELS = '/opt/ml/models';

/**
 * Reads the variables that hosts set: Vertex AI, SageMaker, Azure Functions, Google Cloud, jobs of Container Apps, and
 * hosts that follow Cloud Run.
 */
export function readHost(environment: Readonly<Record<string, string | undefined>>): HostSettings {
  const port = PORT_VARIABLES.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
  const { AIP_HEALTH_ROUTE: health, AIP_PREDICT_ROUTE: predict } = environment;
  return {
    port: port !== undefined && /^\d{1,5}$/.test(port) ? Number(port) : undefined,
    vertexRoutes: health && predict ? { health, predict } : undefined,
    sageMakerAccept: environment.SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT || undefined,
    googleProject: environment.GOOGLE_CLOUD_PROJECT || undefined,
    requestedModels: environment.SAGEMAKER_MULTI_MODEL === 'true' ? SAGEMAKER_MODELS : undefined,
    batchTask: readTask(environment),
  };
}

/** Reads the variables of a job on Cloud Run or Container Apps. */
function readTask(environment: Readonly<Record<string, string | undefined>>): BatchTask | undefined {
  const execution = environment.CLOUD_RUN_EXECUTION || environment.CONTAINER_APP_JOB_EXECUTION_NAME;
  if (!execution) return undefined;
  const { CLOUD_RUN_TASK_INDEX: index = '0', CLOUD_RUN_TASK_COUNT: count = '1' } = environment;
  return { execution, index: Number(index), count: Number(count) };
}
