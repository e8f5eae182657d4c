import { ENVIRONMENT, LIVE_PATH, READY_PATH, START_SECONDS } from '@modelship/runtime/contract';
import { type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { Model } from '../../model/model.js';
import { modelVariables } from '../../serving/model-variables.js';
import { contentHash } from '../../terraform/content-hash.js';
import { GenericResource } from '../../terraform/generic.js';
import { packagePrefix } from '../../terraform/package-files.js';
import { azapi } from './azapi.js';
import { shortHash } from './names.js';

/** The version of Azure ML's API whose schema azapi has since 2.7. */
export const ML_API = '2025-06-01';

/** Where the model is mounted: below it lie the model asset's name, its version and the folder's own name. */
export const MOUNT_PATH = '/var/modelship';

const PROBE_PERIOD_SECONDS = 10;
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
  readonly environment?: { [name: string]: string };
  readonly egressDisabled: boolean;
  /** Share of requests and answers that are kept, in percent. */
  readonly capturePercent?: number;
  /** Blobs, roles and images that must be there before an instance starts. */
  readonly dependsOn: ITerraformDependable[];
}

/** A model version and the deployment that serves it. */
export class MlDeployment extends Construct {
  /** The deployment's name, from the model's digest: 3 to 32 characters that start with a letter. */
  readonly name: string;
  readonly modelVersion: GenericResource;
  readonly resource: GenericResource;

  constructor(scope: Construct, id: string, props: MlDeploymentProps) {
    super(scope, id);
    const { model } = props;
    const version = digestHex(model).slice(0, VERSION_LENGTH);
    this.name = deploymentName(model);
    this.modelVersion = new GenericResource(this, 'Model', {
      type: 'azapi_resource',
      provider: azapi(this),
      attributes: {
        type: `Microsoft.MachineLearningServices/workspaces/models/versions@${ML_API}`,
        parent_id: `${props.workspaceId}/models/${props.assetName}`,
        name: version,
        body: {
          properties: {
            modelType: 'custom_model',
            modelUri: `${props.datastoreUri}${packagePrefix(model)}`,
            description: `${model.name} version ${model.version}`,
            properties: { digest: model.digest },
          },
        },
      },
      lifecycle: { createBeforeDestroy: true },
      dependsOn: props.dependsOn,
    });
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
            model: this.modelVersion.id,
            modelMountPath: MOUNT_PATH,
            environmentId: props.environmentId,
            environmentVariables: {
              ...props.environment,
              ...modelVariables(model, `${MOUNT_PATH}/${props.assetName}/${version}/${digestHex(model)}`),
              [ENVIRONMENT.timeoutSeconds]: String(props.timeoutSeconds),
            },
            instanceType: props.instanceType,
            appInsightsEnabled: true,
            egressPublicNetworkAccess: props.egressDisabled ? 'Disabled' : 'Enabled',
            requestSettings: {
              requestTimeout: `PT${props.timeoutSeconds}S`,
              maxConcurrentRequestsPerInstance: props.concurrency,
            },
            // Alive before the model is loaded; ready after it, which may take as long as a start may.
            livenessProbe: probe(PROBE_PERIOD_SECONDS, 3),
            readinessProbe: probe(PROBE_PERIOD_SECONDS, Math.ceil(START_SECONDS / PROBE_PERIOD_SECONDS)),
            scaleSettings: { scaleType: 'Default' },
            ...(props.capturePercent ? { dataCollector: dataCollector(props.capturePercent) } : {}),
          },
        },
      },
      // The new deployment takes the traffic before the old one goes: Azure ML refuses to delete one with traffic.
      lifecycle: {
        createBeforeDestroy: true,
        ...(props.autoscaled ? { ignoreChanges: ['body.sku.capacity'] } : {}),
      },
      dependsOn: props.dependsOn,
    });
  }
}

/** The environment version: an image and the routes by which Azure ML asks it. */
export function mlEnvironment(
  scope: Construct,
  id: string,
  { assetName, workspaceId }: MlAssetNames,
  image: string,
  scorePath: string,
  port: number,
): GenericResource {
  return new GenericResource(scope, id, {
    type: 'azapi_resource',
    provider: azapi(scope),
    attributes: {
      type: `Microsoft.MachineLearningServices/workspaces/environments/versions@${ML_API}`,
      parent_id: `${workspaceId}/environments/${assetName}`,
      // A version never changes, so that another image is another version.
      name: imageVersion(scope, id, image),
      body: {
        properties: {
          image,
          osType: 'Linux',
          inferenceConfig: {
            livenessRoute: { path: LIVE_PATH, port },
            readinessRoute: { path: READY_PATH, port },
            scoringRoute: { path: scorePath, port },
          },
        },
      },
    },
    lifecycle: { createBeforeDestroy: true },
  });
}

/** A version for each image, whose reference may be known only at apply. */
function imageVersion(scope: Construct, id: string, image: string): string {
  if (!Token.isUnresolved(image)) return shortHash(image, VERSION_LENGTH);
  return contentHash(scope, `${id}Image`, [image], VERSION_LENGTH);
}

/** The name of the deployment that serves `model`. */
export function deploymentName(model: Model): string {
  return `m-${digestHex(model).slice(0, VERSION_LENGTH)}`;
}

function digestHex(model: Model): string {
  return model.digest.slice('sha256:'.length);
}

function probe(periodSeconds: number, failureThreshold: number) {
  return {
    initialDelay: `PT${periodSeconds}S`,
    period: `PT${periodSeconds}S`,
    timeout: 'PT2S',
    failureThreshold,
    successThreshold: 1,
  };
}

/** Keeps requests and answers as they were sent; the names of the collections are the service's own. */
function dataCollector(percent: number) {
  const collection = { dataCollectionMode: 'Enabled', samplingRate: percent / 100 };
  return { collections: { request: collection, response: collection }, rollingRate: 'Hour' };
}
