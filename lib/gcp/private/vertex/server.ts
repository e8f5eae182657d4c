import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import { serverOf } from '../../../serving/servers/model-server.js';
import { startSeconds } from '../../../serving/servers/server-start.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import { packagePrefix } from '../../../terraform/package-files.js';
import { runtimeEnvironment } from '../../../terraform/runtime-environment.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { projectVariables } from '../shared/project.js';
import { VERTEX } from './limits.js';
import { payloadLimit } from './validation.js';

const PROBE_PERIOD_SECONDS = 10;
/** Probe timeout, which the API requires to be longer than the period. */
const PROBE_TIMEOUT_SECONDS = 11;

/** Values of a replica's container that the construct determines. */
export interface ContainerOptions {
  readonly model: Model;
  readonly image: string;
  readonly bucketName: string;
  readonly timeoutSeconds: number;
}

/** Creates the `ModelContainerSpec` of the API: image, arguments, environment variables, port and routes. */
export function containerSpec(scope: Construct, props: ManagedEndpointModelProps, options: ContainerOptions) {
  const { model, image, bucketName, timeoutSeconds } = options;
  const { spec, isModelship: own } = serverOf(props);
  const folder = `gs://${bucketName}/${packagePrefix(model, props.server)}`;
  const environment = {
    ...(own
      ? runtimeEnvironment({ ...props, model }, `${folder}/`, timeoutSeconds)
      : { ...props.environment, ...spec.environment(model, folder) }),
    ...projectVariables(scope, props.project),
    ...(own ? { [ENVIRONMENT.maxBodyBytes]: `${props.maxPayloadBytes ?? payloadLimit(props)}` } : {}),
  };
  const args = argumentsOf(spec, model, folder);
  return {
    imageUri: image,
    ...(args ? { args } : {}),
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: [{ containerPort: spec.port }],
    healthRoute: spec.readyPath(model),
    predictRoute: spec.predictPath(model),
    ...startup(props, model),
  };
}

function argumentsOf(spec: ServerSpec, model: Model, folder: string): readonly string[] | undefined {
  return spec.vertexCommand?.(model, folder) ?? spec.command?.(model, folder);
}

/**
 * Returns the startup settings. Without a startup probe, Vertex AI restarts a container that does not listen after 40
 * seconds. Modelship's runtime listens before it loads the model, and other servers only afterwards.
 */
function startup(props: ManagedEndpointModelProps, model: Model) {
  const server = serverOf(props);
  const { spec, isModelship } = server;
  if (isModelship && props.startupSeconds === undefined) return {};
  const seconds = props.startupSeconds ?? startSeconds(server);
  return {
    startupProbe: {
      httpGet: { path: spec.readyPath(model), port: spec.port },
      periodSeconds: PROBE_PERIOD_SECONDS,
      timeoutSeconds: PROBE_TIMEOUT_SECONDS,
      failureThreshold: Math.ceil(seconds / PROBE_PERIOD_SECONDS),
    },
    // The timeout includes provisioning the machine and pulling the image.
    deploymentTimeout: `${seconds + VERTEX.provisionSeconds}s`,
  };
}
