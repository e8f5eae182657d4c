/** Where a cluster that is made lies in the network, and who reaches its API. */
export interface GkeNetworkOptions {
  /** VPC network, by name or full name. @default - the network named `default` */
  readonly network?: string;
  /** Subnetwork of it, in the region. @default - the one of the network's own name */
  readonly subnetwork?: string;
  /**
   * Addresses that may reach the cluster's API, as CIDR blocks. Whoever applies must have one of them.
   *
   * @default - any address, with an identity of Google that may
   */
  readonly authorizedNetworks?: string[];
  /**
   * Whether to create a Cloud NAT for the subnetwork, through which private nodes and pods reach the internet. A
   * subnetwork can have one only: set false if it has one.
   *
   * @default - true if an image is outside Google's registries, the `server` fetches its model from a hub, or the keys of
   * `Access.jwt()` are outside Google; set true for anything else on the internet, such as a collector of traces
   */
  readonly cloudNat?: boolean;
}

/** Options of a Standard cluster and of the node pool that runs the model. */
export interface GkeStandardOptions extends GkeNetworkOptions {
  /**
   * Zones of the node pool that runs the model, such as `europe-west4-b`. Few zones of a region have GPUs, and GKE cannot
   * create the pool in the others: https://cloud.google.com/compute/docs/gpus/gpu-regions-zones
   *
   * @default - all zones of the region
   */
  readonly zones?: string[];
  /** Type of the nodes. @default - the GPU's own, or `e2-standard-4` */
  readonly machineType?: string;
  /** Nodes kept in each zone. @default 0 */
  readonly minNodes?: number;
  /** Nodes that may run in each zone. @default 3 */
  readonly maxNodes?: number;
}

/** A cluster that is there. */
export interface GkeExistingOptions {
  readonly name: string;
  /** Its region or zone. */
  readonly location: string;
}

/**
 * The cluster that a model runs in.
 *
 * @example
 * ```ts
 * import { ContainerModel, GkeCluster } from 'modelship/gcp';
 *
 * new ContainerModel(stack, 'Iris', { model, region: 'europe-west4', cluster: GkeCluster.autopilot() });
 * ```
 */
export class GkeCluster {
  /** One is made whose nodes Google runs. The default. */
  static autopilot(options: GkeNetworkOptions = {}): GkeCluster {
    return new GkeCluster('autopilot', options);
  }

  /** One is made with a node pool of its own, for control over machines and GPUs. */
  static standard(options: GkeStandardOptions = {}): GkeCluster {
    return new GkeCluster('standard', options);
  }

  /**
   * One that is there, with Workload Identity and the Cloud Storage FUSE driver, as Autopilot always has. Only with it
   * can a model be behind a Gateway or under KServe, whose resource definitions Terraform must see when it plans.
   */
  static existing(options: GkeExistingOptions): GkeCluster {
    return new GkeCluster('existing', {}, options);
  }

  private constructor(
    /** One of `autopilot`, `standard` and `existing`. */
    readonly kind: 'autopilot' | 'standard' | 'existing',
    /** What one that is made is like. */
    readonly options: GkeStandardOptions,
    /** Set when `kind` is `existing`. */
    readonly existingOptions?: GkeExistingOptions,
  ) {}
}
