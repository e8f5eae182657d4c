import type { Model } from '../model/model.js';
import type { ImageSource } from '../serving/image-source.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { AzureServingProps } from './props.js';

/** Azure ML workspace: a resource or a data source of `@cdktf/provider-azurerm`, or any object of this shape. */
export interface AzureMlWorkspace {
  readonly id: string;
  readonly name: string;
  readonly resourceGroupName: string;
  readonly location: string;
}

/** Earlier version of the model that stays deployed, and its share of the traffic. */
export interface StableModel {
  /** Model package of the version. */
  readonly model: Model;

  /** `versionSalt` of the deployment of this version. @default - none */
  readonly versionSalt?: string;

  /**
   * Share of the traffic in percent, 0 to 100. A deployment at 0 keeps running, ready for a rollback.
   *
   * @default - all traffic that `model` does not get; required with several versions
   */
  readonly trafficPercent?: number;
}

/** Settings for capturing requests and responses, to monitor model quality. */
export interface EndpointDataCapture {
  /** Percentage of requests to capture, 1 to 100. @default 100 */
  readonly samplingPercent?: number;
}

/** Props of `ManagedEndpointModel`, which serves a model on an Azure ML managed online endpoint. */
export interface ManagedEndpointModelProps extends AzureServingProps {
  /**
   * Inference server. Azure ML cannot pass arguments to containers, so the images of servers other than Modelship's
   * runtime must contain their arguments. At apply, a new container registry copies such an image and adds the
   * arguments. The registry must be allowed to pull the original. An image in Azure Container Registry runs unchanged:
   * allow `identity` to pull it, and build the arguments into it.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /**
   * Startup timeout of the server in seconds, including the time to fetch a model, 60 to 3600.
   *
   * @default - 300, or 1800 for a server that fetches the model itself
   */
  readonly startupSeconds?: number;

  /**
   * Container image of Modelship's runtime. Other servers set their own image. An `AzureImage` also grants the role to
   * pull it from a registry on Azure.
   *
   * @default - AzureImage.fromAcrTask(): the runtime of this version, built at apply
   */
  readonly image?: ImageSource;

  /**
   * Existing workspace of the endpoint.
   *
   * @default - a new one with a storage account, key vault, container registry and Application Insights
   */
  readonly workspace?: AzureMlWorkspace;

  /** Name of the endpoint, unique in its region: 3 to 32 letters, digits and hyphens. @default - generated */
  readonly endpointName?: string;

  /** VM size of the instances, with or without GPUs, from Azure ML's list. @default Standard_DS2_v2 */
  readonly instanceType?: string;

  /**
   * Maximum number of concurrent requests per instance, 1 to 1000. Azure ML rejects the excess with 429.
   *
   * @default 100
   */
  readonly maxConcurrency?: number;

  /**
   * Earlier versions that stay deployed. With `Rollout.canary()`, they keep the traffic that the canary leaves. With
   * `mirrorPercent`, they keep all traffic.
   *
   * @default - none
   */
  readonly stableModels?: StableModel[];

  /**
   * Share of the traffic mirrored to `model`, in percent, 1 to 50. Azure ML discards the responses to mirrored
   * requests. Callers get the responses of the versions in `stableModels`.
   *
   * @default - no mirroring
   */
  readonly mirrorPercent?: number;

  /**
   * Salt of the deployment's name. Change it to deploy the same model again after a failed deployment, which Azure ML
   * keeps under its name.
   *
   * @default - the deployment's name depends on the model alone
   */
  readonly versionSalt?: string;

  /**
   * Capture of requests and responses in the workspace's storage. Captured data contains what callers sent.
   *
   * @default - none
   */
  readonly dataCapture?: EndpointDataCapture;
}
