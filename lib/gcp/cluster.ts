import type { MaintenanceWindow } from '../kubernetes/maintenance-window.js';

/** How Terraform connects to a cluster. */
export interface GkeConnectionOptions {
  /**
   * Whether Terraform gets tokens for the cluster from the command `gke-gcloud-auth-plugin`, which must be on the PATH.
   * Terraform then replaces a token that expires, so that plans that are applied later and applies of more than an hour work.
   * The command uses Application Default Credentials, whatever `providers` says.
   *
   * @default false - the access token of the Google provider, which Terraform reads when it plans and which is valid for an hour
   */
  readonly authPlugin?: boolean;
}

/** Network options of a new cluster. */
export interface GkeNetworkOptions extends GkeConnectionOptions {
  /** Name or full resource name of the VPC network. @default - the network named `default` */
  readonly network?: string;
  /** Subnetwork of the network in the region. @default - the subnetwork with the network's name */
  readonly subnetwork?: string;
  /**
   * Addresses that can reach the cluster's API, as CIDR blocks. They must include the machine that runs Terraform.
   *
   * @default - any address; IAM still authorizes each request
   */
  readonly authorizedNetworks?: string[];
  /**
   * Weekly time in which Google upgrades the control plane and the nodes. Set it so that upgrades drain nodes when the load is low.
   *
   * @default - Google upgrades at any time
   */
  readonly maintenanceWindow?: MaintenanceWindow;
  /**
   * Whether to create a Cloud NAT for the subnetwork, which gives private nodes and pods access to the internet. A
   * subnetwork can have only one: set false if it already has one. Set true if pods need anything else on the internet,
   * such as a trace collector.
   *
   * @default - true if an image is outside Google's registries, the `server` downloads its model from a hub, or the
   * keys of `Access.jwt()` are outside Google
   */
  readonly cloudNat?: boolean;
}

/** Options of a Standard cluster and of the node pool that runs the model. */
export interface GkeStandardOptions extends GkeNetworkOptions {
  /**
   * Zones of the node pool that runs the model, such as `europe-west4-b`. Only some zones of a region have GPUs, and
   * GKE cannot create a GPU pool in the others: https://cloud.google.com/compute/docs/gpus/gpu-regions-zones
   *
   * @default - all zones of the region
   */
  readonly zones?: string[];
  /** Machine type of the nodes. @default - the GPU's machine type, or `e2-standard-4` */
  readonly instanceType?: string;
  /** Minimum number of nodes in each zone. @default 0 */
  readonly minNodes?: number;
  /** Maximum number of nodes in each zone. @default 3 */
  readonly maxNodes?: number;
}

/** Options of an existing cluster. */
export interface GkeExistingOptions extends GkeConnectionOptions {
  /** Name of the cluster. */
  readonly name: string;
  /** Region or zone of the cluster. */
  readonly location: string;
}

/** Settings of a cluster. The member `kind` discriminates the union. */
export type GkeClusterSettings =
  | { readonly kind: 'autopilot'; readonly options: GkeNetworkOptions }
  | { readonly kind: 'standard'; readonly options: GkeStandardOptions }
  | { readonly kind: 'existing'; readonly options: GkeExistingOptions };

/**
 * GKE cluster that runs the model.
 *
 * @example
 * ```ts
 * import { ContainerModel, GkeCluster } from 'modelship/gcp';
 *
 * new ContainerModel(stack, 'Iris', { model, region: 'europe-west4', cluster: GkeCluster.autopilot() });
 * ```
 */
export class GkeCluster {
  /** Creates an Autopilot cluster, whose nodes Google manages. The default. */
  static autopilot(options: GkeNetworkOptions = {}): GkeCluster {
    return new GkeCluster({ kind: 'autopilot', options });
  }

  /** Creates a Standard cluster with its own node pool, for control over machine types and GPUs. */
  static standard(options: GkeStandardOptions = {}): GkeCluster {
    return new GkeCluster({ kind: 'standard', options });
  }

  /**
   * Uses an existing cluster. It needs Workload Identity and the Cloud Storage FUSE driver, which Autopilot always has.
   * Gateways and KServe require an existing cluster, because Terraform reads their resource definitions at plan time.
   */
  static existing(options: GkeExistingOptions): GkeCluster {
    return new GkeCluster({ kind: 'existing', options });
  }

  private constructor(
    /** Settings of the cluster. Its member `kind` tells its type. */
    readonly settings: GkeClusterSettings,
  ) {}

  /** Kind of cluster, the same as `settings.kind`. */
  get kind(): GkeClusterSettings['kind'] {
    return this.settings.kind;
  }
}
