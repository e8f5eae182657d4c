import { ENVIRONMENT, SCORE_PATH } from '@modelship/runtime/contract';
import { type ITerraformDependable, Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import { ModelServer } from '../../../serving/servers/model-server.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { bindImage } from '../shared/image.js';
import type { Placement } from '../shared/placement.js';
import { assignRole } from '../shared/roles.js';
import { ServerImages } from './server-images.js';

/** The image of each model's deployment, and what lets instances pull it. */
export interface ServedImages {
  /** The registry, if it is one that instances in a private network are to be let into. */
  readonly registryId?: string;
  /** Roles and images that must be there before the endpoint is made. */
  readonly ready: ITerraformDependable[];
  /** @param folder where an instance finds the model */
  imageOf(model: Model, folder: string): { readonly uri: string; readonly built: ITerraformDependable[] };
}

/** The server of the props, or the one that there is without. */
export function serverOf({ server }: ManagedEndpointModelProps): ModelServer {
  return server ?? ModelServer.modelship();
}

/** Whether instances pull the image from where it is, because it is on Azure. What only apply knows is taken as that. */
export function isOnAzure(image: string): boolean {
  return Token.isUnresolved(image) || /^[a-z0-9]+(?:-[a-z0-9]+)?\.azurecr\.(?:io|cn|us)\//.test(image);
}

/** Arguments that an image must have built in: Azure ML gives containers none. */
export function builtIn(spec: ServerSpec, model: Model, folder: string): readonly string[] | undefined {
  return spec.startsWithoutCommand ? undefined : spec.command?.(model, folder);
}

/** Adds to `scope` what it takes to have the images of the props. */
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
  const images = new ServerImages(scope, 'Images', placement, props);
  return {
    registryId: images.registry.id,
    ready: [assignRole(scope, 'ImagePull', images.registry.id, 'AcrPull', principalId)],
    imageOf(model, folder) {
      const { uri, run } = images.build(given, builtIn(spec, model, folder));
      return { uri, built: [run] };
    },
  };
}

/** The routes by which Azure ML asks a server, and their port. */
export function routesOf(spec: ServerSpec, model: Model) {
  const { port } = spec;
  return {
    livenessRoute: { path: spec.livePath(model), port },
    readinessRoute: { path: spec.readyPath(model), port },
    // The runtime has a route for the protocol of Azure ML.
    scoringRoute: { path: spec.image === undefined ? SCORE_PATH : spec.predictPath(model), port },
  };
}

function limitsOf({ startupSeconds }: ManagedEndpointModelProps, timeoutSeconds: number): { [name: string]: string } {
  return {
    [ENVIRONMENT.timeoutSeconds]: String(timeoutSeconds),
    // Else it would give up before the probe does.
    ...(startupSeconds === undefined ? {} : { [ENVIRONMENT.startSeconds]: String(startupSeconds) }),
  };
}

/** The variables of a container that serves `model` from `folder`. */
export function variablesOf(
  props: ManagedEndpointModelProps,
  model: Model,
  folder: string,
  timeoutSeconds: number,
): { readonly [name: string]: string } {
  const { spec } = serverOf(props);
  return {
    ...props.environment,
    ...spec.environment(model, folder),
    ...(spec.image === undefined ? limitsOf(props, timeoutSeconds) : {}),
  };
}
