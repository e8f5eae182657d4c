import { ENVIRONMENT, SCORE_PATH } from '@modelship/runtime/contract';
import { type ITerraformDependable, Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import { type ModelServer, serverOf } from '../../../serving/servers/model-server.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { bindImage } from '../shared/image.js';
import type { Placement } from '../shared/placement.js';
import { assignRole } from '../shared/roles.js';
import { ServerImages } from './server-images.js';

/** Images of the deployments, and the resources that a pull depends on. */
export interface ServedImages {
  /** Resource id of the registry, if instances in a private network need approved access to it. */
  readonly registryId?: string;
  /** Roles and images to create before the endpoint. */
  readonly ready: ITerraformDependable[];
  /**
   * Returns the image that serves `model`, and the build that it depends on.
   *
   * @param folder folder of the model on an instance
   */
  imageOf(model: Model, folder: string): { readonly uri: string; readonly built: ITerraformDependable[] };
}

/** Whether instances pull the image directly, because it is on Azure. A reference known only at apply counts too. */
export function isOnAzure(image: string): boolean {
  return Token.isUnresolved(image) || /^[a-z0-9]+(?:-[a-z0-9]+)?\.azurecr\.(?:io|cn|us)\//.test(image);
}

/** Returns the arguments that an image must contain, because Azure ML cannot pass arguments to containers. */
export function builtIn(spec: ServerSpec, model: Model, folder: string): readonly string[] | undefined {
  return spec.startsWithoutCommand ? undefined : spec.command?.(model, folder);
}

/** Prepares the images of the props in `scope`, with the registry and the roles that instances need to pull them. */
export function bindServedImages(
  scope: Construct,
  props: ManagedEndpointModelProps,
  placement: Placement,
  principalId: string,
): ServedImages {
  const { spec } = serverOf(props);
  const given = spec.image;
  if (given === undefined) {
    const { uri, registryId, ready } = bindImage(scope, props.image, placement, props, principalId);
    return { registryId, ready, imageOf: () => ({ uri, built: [] }) };
  }
  if (isOnAzure(given)) return { ready: [], imageOf: () => ({ uri: given, built: [] }) };
  const images = new ServerImages(scope, 'Images', { placement, props });
  return {
    registryId: images.registry.id,
    ready: [assignRole(scope, 'ImagePull', images.registry.id, 'AcrPull', principalId)],
    imageOf(model, folder) {
      const { uri, run } = images.build(given, builtIn(spec, model, folder));
      return { uri, built: [run] };
    },
  };
}

/** Returns the routes and the port that Azure ML calls on a server. */
export function routesOf({ spec, isModelship }: ModelServer, model: Model) {
  const { port } = spec;
  return {
    livenessRoute: { path: spec.livePath(model), port },
    readinessRoute: { path: spec.readyPath(model), port },
    // The runtime has a separate route for the protocol of Azure ML.
    scoringRoute: { path: isModelship ? SCORE_PATH : spec.predictPath(model), port },
  };
}

function limitsOf({ startupSeconds }: ManagedEndpointModelProps, timeoutSeconds: number): { [name: string]: string } {
  return {
    [ENVIRONMENT.timeoutSeconds]: String(timeoutSeconds),
    // Otherwise the runtime would time out before the probe does.
    ...(startupSeconds === undefined ? {} : { [ENVIRONMENT.startSeconds]: String(startupSeconds) }),
  };
}

/** Returns the environment variables of a container that serves `model` from `folder`. */
export function variablesOf(
  props: ManagedEndpointModelProps,
  model: Model,
  folder: string,
  timeoutSeconds: number,
): { readonly [name: string]: string } {
  const { spec, isModelship } = serverOf(props);
  return {
    ...props.environment,
    ...spec.environment(model, folder),
    ...(isModelship ? limitsOf(props, timeoutSeconds) : {}),
  };
}
