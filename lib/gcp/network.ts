/**
 * From where a Cloud Run service can be reached at all, before anyone is asked who they are.
 *
 * @example
 * ```ts
 * import { Ingress, ServerlessModel } from 'modelship/gcp';
 *
 * new ServerlessModel(stack, 'Iris', { model, region: 'europe-west4', ingress: Ingress.internal() });
 * ```
 */
export class Ingress {
  /** From the internet. Callers must still prove who they are, unless access is anonymous. */
  static all(): Ingress {
    return new Ingress('INGRESS_TRAFFIC_ALL');
  }

  /** From the project's VPC networks, Shared VPC and VPC Service Controls perimeters. */
  static internal(): Ingress {
    return new Ingress('INGRESS_TRAFFIC_INTERNAL_ONLY');
  }

  /** As `internal`, and through an external Application Load Balancer. */
  static internalAndLoadBalancer(): Ingress {
    return new Ingress('INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER');
  }

  private constructor(
    /** The API's word for it. */
    readonly value: string,
  ) {}
}

/**
 * Which of the traffic that a Cloud Run service sends goes through the VPC network.
 *
 * @example
 * ```ts
 * import { ServerlessModel, VpcEgress } from 'modelship/gcp';
 *
 * new ServerlessModel(stack, 'Iris', {
 *   model,
 *   region: 'europe-west4',
 *   network: 'projects/my-project/global/networks/main',
 *   subnetwork: 'projects/my-project/regions/europe-west4/subnetworks/apps',
 *   vpcEgress: VpcEgress.all(),
 * });
 * ```
 */
export class VpcEgress {
  /** What is for private addresses. */
  static privateRanges(): VpcEgress {
    return new VpcEgress('PRIVATE_RANGES_ONLY');
  }

  /**
   * Everything. The subnetwork must have Private Google Access, or the service reaches neither its model nor anything
   * else of Google.
   */
  static all(): VpcEgress {
    return new VpcEgress('ALL_TRAFFIC');
  }

  private constructor(
    /** The API's word for it. */
    readonly value: string,
  ) {}
}
