import type { Model } from '../model/model.js';
import type { ImageSource } from '../serving/image-source.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { AzureServingProps } from './props.js';

/** An Azure ML workspace. What `@cdktf/provider-azurerm` makes or reads fits. */
export interface AzureMlWorkspace {
  readonly id: string;
  readonly name: string;
  readonly resourceGroupName: string;
  readonly location: string;
}

/** Another version of the model that stays deployed, and the share of the traffic that it keeps. */
export interface ModelTraffic {
  readonly model: Model;

  /** The `versionSalt` of the model's deployment. @default - none */
  readonly versionSalt?: string;

  /** In percent, 0 to 100. At 0 it is kept warm, for a way back. */
  readonly trafficPercent: number;
}

/** How a model is served by an Azure ML managed online endpoint. */
export interface ManagedEndpointModelProps extends AzureServingProps {
  /**
   * The inference server. Azure ML gives containers no arguments, so that the image of another server than Modelship's is
   * copied at apply, with them in it, by a container registry that is made, which must be allowed to pull it. An image in
   * Azure Container Registry is run as it is: let `identity` pull it, and put the arguments into it.
   *
   * @default ModelServer.modelship()
   */
  readonly server?: ModelServer;

  /**
   * Seconds that the server may take to start, what it fetches included, 60 to 3600.
   *
   * @default - 300, or 1800 for a server that fetches the model by itself
   */
  readonly startupSeconds?: number;

  /**
   * The container image of Modelship's runtime; other servers name their own. From a registry on Azure, `AzureImage` gives the role to pull it.
   *
   * @default - AzureImage.fromAcrTask(): the runtime of this version, built at apply
   */
  readonly image?: ImageSource;

  /** @default - one is made, with its storage account, key vault, container registry and Application Insights */
  readonly workspace?: AzureMlWorkspace;

  /** Name of the endpoint, unique in its region: 3 to 32 letters, digits and hyphens. @default - generated */
  readonly endpointName?: string;

  /** Kind of machine, with GPUs or without, from Azure ML's list. @default Standard_DS2_v2 */
  readonly instanceType?: string;

  /** Requests that an instance answers at once; more are turned away with 429. @default 100 */
  readonly maxConcurrentRequests?: number;

  /**
   * Versions that stay deployed beside `model`. With `Rollout.canary()`, `model` gets the canary's percent and these
   * must have the rest; with `mirrorPercent` they must have all of it.
   *
   * @default - none
   */
  readonly alongside?: ModelTraffic[];

  /**
   * Share of the traffic that `model` gets a copy of, in percent, 1 to 50. Its answers are thrown away: callers get
   * those of the versions in `alongside`.
   *
   * @default - no copies
   */
  readonly mirrorPercent?: number;

  /**
   * Text that sets the name of the model's deployment apart from an earlier one. Change it to deploy the same model anew,
   * after a deployment that failed: Azure ML keeps the failed one under its name.
   *
   * @default - the deployment's name comes from the model alone
   */
  readonly versionSalt?: string;

  /** Share of requests and answers that is kept in the workspace's storage, in percent. @default - none is */
  readonly capturePercent?: number;
}
