import { basename } from 'node:path';
import { type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import type { ModelServer } from '../../../serving/servers/model-server.js';
import { contentHash } from '../../../terraform/content-hash.js';
import { GenericResource } from '../../../terraform/generic.js';
import { packagePrefix } from '../../../terraform/package-files.js';
import { azapi } from '../shared/azapi.js';
import { shortHash } from '../shared/names.js';
import { ML_API } from './api.js';
import type { routesOf } from './server.js';

/** Where the model is mounted: below it lie the model asset's name, its version and the folder's own name. */
export const MOUNT_PATH = '/var/modelship';

const PROBE_PERIOD_SECONDS = 10;
/** The runtime is alive before the model is loaded; other servers may be so after it, and have the time of a start. */
const ALIVE_FAILURES = 3;
const DEPLOY_TIMEOUT = '2h';
const VERSION_LENGTH = 16;

/** An asset of a workspace and its version, which never change once made. */
export interface MlAssetNames {
  /** The model's name and the environment's. */
  readonly assetName: string;
  readonly workspaceId: string;
}

/** What a deployment is made of. */
export interface MlDeploymentProps extends MlAssetNames {
  readonly model: Model;
  /** Sets the deployment's name apart from an earlier one of the same model. */
  readonly versionSalt?: string;
  readonly server: ModelServer;
  readonly endpoint: GenericResource;
  readonly environmentId: string;
  readonly location: string;
  readonly tags?: { [name: string]: string };
  /** `azureml://…/paths/`, under which the packages' folders are. */
  readonly datastoreUri: string;
  readonly instanceType: string;
  readonly instances: number;
  /** Whether an autoscale setting changes the number of instances. */
  readonly autoscaled: boolean;
  readonly timeoutSeconds: number;
  readonly concurrency: number;
  readonly startupSeconds: number;
  readonly variables: { readonly [name: string]: string };
  readonly egressDisabled: boolean;
  /** Share of requests and answers that are kept, in percent. */
  readonly capturePercent?: number;
  /** Blobs, roles and images that must be there before an instance starts. */
  readonly dependsOn: ITerraformDependable[];
}

/** The folder in which an instance finds the model. */
export function mountedFolder({ assetName }: MlAssetNames, model: Model, server: ModelServer): string {
  const prefix = packagePrefix(model, server);
  return `${MOUNT_PATH}/${assetName}/${assetVersion(prefix)}/${basename(prefix)}`;
}

/** A model version and the deployment that serves it. */
export class MlDeployment extends Construct {
  /** The deployment's name, from the model's digest: 3 to 32 characters that start with a letter. */
  readonly name: string;
  /** Unset if the server gets the model by itself. */
  readonly modelVersion?: GenericResource;
  readonly resource: GenericResource;

  constructor(scope: Construct, id: string, props: MlDeploymentProps) {
    super(scope, id);
    const { model, server } = props;
    this.name = deploymentName(model, props.versionSalt);
    if (server.layout(model).length > 0) this.modelVersion = this.makeModel(props);
    const startFailures = Math.ceil(props.startupSeconds / PROBE_PERIOD_SECONDS);
    this.resource = new GenericResource(this, 'Resource', {
      type: 'azapi_resource',
      provider: azapi(this),
      attributes: {
        type: `Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments@${ML_API}`,
        parent_id: props.endpoint.id,
        name: this.name,
        location: props.location,
        tags: props.tags,
        body: {
          sku: { name: 'Default', tier: 'Standard', capacity: props.instances },
          properties: {
            endpointComputeType: 'Managed',
            ...(this.modelVersion ? { model: this.modelVersion.id, modelMountPath: MOUNT_PATH } : {}),
            environmentId: props.environmentId,
            environmentVariables: props.variables,
            instanceType: props.instanceType,
            appInsightsEnabled: true,
            egressPublicNetworkAccess: props.egressDisabled ? 'Disabled' : 'Enabled',
            requestSettings: {
              requestTimeout: `PT${props.timeoutSeconds}S`,
              maxConcurrentRequestsPerInstance: props.concurrency,
            },
            livenessProbe: probe(server.spec.image === undefined ? ALIVE_FAILURES : startFailures),
            readinessProbe: probe(startFailures),
            scaleSettings: { scaleType: 'Default' },
            ...(props.capturePercent ? { dataCollector: dataCollector(props.capturePercent) } : {}),
          },
        },
        // Machines and images come first, and azapi itself gives up after half an hour.
        timeouts: { create: DEPLOY_TIMEOUT, update: DEPLOY_TIMEOUT },
      },
      // The new deployment takes the traffic before the old one goes: Azure ML refuses to delete one with traffic.
      lifecycle: {
        createBeforeDestroy: true,
        ...(props.autoscaled ? { ignoreChanges: ['body.sku.capacity'] } : {}),
      },
      dependsOn: props.dependsOn,
    });
  }

  private makeModel({ model, server, assetName, workspaceId, datastoreUri, dependsOn }: MlDeploymentProps) {
    const prefix = packagePrefix(model, server);
    return new GenericResource(this, 'Model', {
      type: 'azapi_resource',
      provider: azapi(this),
      attributes: {
        type: `Microsoft.MachineLearningServices/workspaces/models/versions@${ML_API}`,
        parent_id: `${workspaceId}/models/${assetName}`,
        name: assetVersion(prefix),
        body: {
          properties: {
            modelType: 'custom_model',
            modelUri: `${datastoreUri}${prefix}`,
            description: `${model.name} version ${model.version}`,
            properties: { digest: model.digest },
          },
        },
      },
      lifecycle: { createBeforeDestroy: true },
      dependsOn,
    });
  }
}

/** What an environment version is made of. */
export interface MlEnvironmentProps extends MlAssetNames {
  readonly image: string;
  readonly routes: ReturnType<typeof routesOf>;
  /** What else tells it from other versions, which are never changed. @default - the image alone */
  readonly content?: readonly string[];
  /** What must be there before anybody pulls. @default - nothing */
  readonly dependsOn?: ITerraformDependable[];
}

/** The environment version: an image and the routes by which Azure ML asks it. */
export function mlEnvironment(scope: Construct, id: string, props: MlEnvironmentProps): GenericResource {
  const { assetName, workspaceId, image, routes, content = [], dependsOn = [] } = props;
  return new GenericResource(scope, id, {
    type: 'azapi_resource',
    provider: azapi(scope),
    attributes: {
      type: `Microsoft.MachineLearningServices/workspaces/environments/versions@${ML_API}`,
      parent_id: `${workspaceId}/environments/${assetName}`,
      // A version never changes, so that another image is another version.
      name: environmentVersion(scope, id, [image, ...content]),
      body: { properties: { image, osType: 'Linux', inferenceConfig: routes } },
    },
    lifecycle: { createBeforeDestroy: true },
    dependsOn,
  });
}

/** A version for each content, of which the reference of the image may be known only at apply. */
function environmentVersion(scope: Construct, id: string, content: readonly string[]): string {
  if (!content.some((text) => Token.isUnresolved(text))) return shortHash(content.join('\n'), VERSION_LENGTH);
  return contentHash(scope, `${id}Image`, [...content], VERSION_LENGTH);
}

/** By what the folder of a store ends with: the hash of what is in it. */
function assetVersion(prefix: string): string {
  return basename(prefix).slice(0, VERSION_LENGTH);
}

/**
 * The name of the deployment that serves `model`.
 *
 * @param salt sets it apart from an earlier deployment of the same model
 */
export function deploymentName(model: Model, salt?: string): string {
  const content = salt === undefined ? model.digest.slice('sha256:'.length) : shortHash(`${model.digest} ${salt}`, 64);
  return `m-${content.slice(0, VERSION_LENGTH)}`;
}

function probe(failureThreshold: number) {
  const period = `PT${PROBE_PERIOD_SECONDS}S`;
  return { initialDelay: period, period, timeout: 'PT2S', failureThreshold, successThreshold: 1 };
}

/** Keeps requests and answers as they were sent; the names of the collections are the service's own. */
function dataCollector(percent: number) {
  const collection = { dataCollectionMode: 'Enabled', samplingRate: percent / 100 };
  return { collections: { request: collection, response: collection }, rollingRate: 'Hour' };
}
