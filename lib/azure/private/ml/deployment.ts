import { basename } from 'node:path';
import { type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import type { ModelServer } from '../../../serving/servers/model-server.js';
import { contentHash } from '../../../terraform/content-hash.js';
import { fraction } from '../../../terraform/fraction.js';
import { GenericResource } from '../../../terraform/generic.js';
import { shortHash } from '../../../terraform/names.js';
import { packagePrefix } from '../../../terraform/package-files.js';
import type { EndpointDataCapture } from '../../managed-endpoint-props.js';
import { azapi } from '../shared/azapi.js';
import { ML_API } from './api.js';
import type { routesOf } from './server.js';

/** Mount path of the model. Azure ML adds the model asset's name, its version and the folder's own name. */
const MOUNT_PATH = '/var/modelship';

const PROBE_PERIOD_SECONDS = 10;
/**
 * Liveness failures allowed for the runtime, which is live before it loads the model. Other servers may be live only
 * afterwards, and get the startup timeout.
 */
const ALIVE_FAILURES = 3;
const DEPLOY_TIMEOUT = '2h';
const VERSION_LENGTH = 16;

/** Identifiers of the assets in a workspace. An asset version never changes. */
export interface MlAssetNames {
  /** Name of both the model asset and the environment asset. */
  readonly assetName: string;
  readonly workspaceId: string;
}

/** Props of `MlDeployment`. */
export interface MlDeploymentProps extends MlAssetNames {
  readonly model: Model;
  /** Text that distinguishes the deployment's name from an earlier one of the same model. */
  readonly versionSalt?: string;
  readonly server: ModelServer;
  readonly endpoint: GenericResource;
  readonly environmentId: string;
  readonly location: string;
  readonly tags?: { [name: string]: string };
  /** Datastore URI, `azureml://…/paths/`, that contains the folders of the packages. */
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
  readonly dataCapture?: EndpointDataCapture;
  /** Blobs, roles and images to create before an instance starts. */
  readonly dependsOn: ITerraformDependable[];
}

/** Returns the folder of the model on an instance. */
export function mountedFolder({ assetName }: MlAssetNames, model: Model, server: ModelServer): string {
  const prefix = packagePrefix(model, server);
  return `${MOUNT_PATH}/${assetName}/${assetVersion(prefix)}/${basename(prefix)}`;
}

/** Model version in Azure ML, and the deployment that serves it. */
export class MlDeployment extends Construct {
  /** Name of the deployment, derived from the model's digest: 3 to 32 characters, starting with a letter. */
  readonly name: string;
  /** Model version of the deployment. Unset if the server fetches the model itself. */
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
            livenessProbe: probe(server.isModelship ? ALIVE_FAILURES : startFailures),
            readinessProbe: probe(startFailures),
            scaleSettings: { scaleType: 'Default' },
            ...(props.dataCapture ? { dataCollector: dataCollector(props.dataCapture) } : {}),
          },
        },
        // Provisioning and the image pull take time, and azapi times out after 30 minutes by default.
        timeouts: { create: DEPLOY_TIMEOUT, update: DEPLOY_TIMEOUT },
      },
      // The new deployment takes over the traffic first: Azure ML refuses to delete a deployment with traffic.
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

/** Props of an environment version. */
export interface MlEnvironmentProps extends MlAssetNames {
  readonly image: string;
  readonly routes: ReturnType<typeof routesOf>;
  /** Additional content that the version depends on, because versions never change. @default - the image alone */
  readonly content?: readonly string[];
  /** Resources to create before anything pulls the image. @default - none */
  readonly dependsOn?: ITerraformDependable[];
}

/** Creates an environment version: an image and the routes that Azure ML calls. */
export function mlEnvironment(scope: Construct, id: string, props: MlEnvironmentProps): GenericResource {
  const { assetName, workspaceId, image, routes, content = [], dependsOn = [] } = props;
  return new GenericResource(scope, id, {
    type: 'azapi_resource',
    provider: azapi(scope),
    attributes: {
      type: `Microsoft.MachineLearningServices/workspaces/environments/versions@${ML_API}`,
      parent_id: `${workspaceId}/environments/${assetName}`,
      // A version never changes, so another image needs another version.
      name: environmentVersion(scope, id, [image, ...content]),
      body: { properties: { image, osType: 'Linux', inferenceConfig: routes } },
    },
    lifecycle: { createBeforeDestroy: true },
    dependsOn,
  });
}

/** Returns a version derived from the content. The image reference may be known only at apply. */
function environmentVersion(scope: Construct, id: string, content: readonly string[]): string {
  if (!content.some((text) => Token.isUnresolved(text))) return shortHash(content.join('\n'), VERSION_LENGTH);
  return contentHash(scope, `${id}Image`, [...content], VERSION_LENGTH);
}

/** Returns the asset version: the first digits of the content hash that names the package's folder. */
function assetVersion(prefix: string): string {
  return basename(prefix).slice(0, VERSION_LENGTH);
}

/**
 * Returns the name of the deployment that serves `model`.
 *
 * @param salt text that distinguishes it from an earlier deployment of the same model
 */
export function deploymentName(model: Model, salt?: string): string {
  const content =
    salt === undefined
      ? model.deployedDigest.slice('sha256:'.length)
      : shortHash(`${model.deployedDigest} ${salt}`, 64);
  return `m-${content.slice(0, VERSION_LENGTH)}`;
}

function probe(failureThreshold: number) {
  const period = `PT${PROBE_PERIOD_SECONDS}S`;
  return { initialDelay: period, period, timeout: 'PT2S', failureThreshold, successThreshold: 1 };
}

/** Captures requests and responses as they were sent. Azure ML defines the names of the collections. */
function dataCollector({ samplingPercent = 100 }: EndpointDataCapture) {
  const collection = { dataCollectionMode: 'Enabled', samplingRate: fraction(samplingPercent) };
  return { collections: { request: collection, response: collection }, rollingRate: 'Hour' };
}
