/**
 * Network ingress setting of a Cloud Run service, which applies before authentication.
 *
 * @example
 * ```ts
 * import { Ingress, ServerlessModel } from 'modelship/gcp';
 *
 * new ServerlessModel(stack, 'Iris', { model, region: 'europe-west4', ingress: Ingress.internal() });
 * ```
 */
export class Ingress {
  /** Allows traffic from the internet. Callers must still authenticate, unless access is anonymous. */
  static all(): Ingress {
    return new Ingress('INGRESS_TRAFFIC_ALL');
  }

  /** Allows traffic from the project's VPC networks, Shared VPC and VPC Service Controls perimeters only. */
  static internal(): Ingress {
    return new Ingress('INGRESS_TRAFFIC_INTERNAL_ONLY');
  }

  /** Allows the traffic of `internal`, and traffic through an external Application Load Balancer. */
  static internalAndLoadBalancer(): Ingress {
    return new Ingress('INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER');
  }

  private constructor(
    /** Value in the Cloud Run API. */
    readonly value: string,
  ) {}
}

/**
 * Egress setting of a Cloud Run service, which selects the outbound traffic that goes through the VPC network.
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
  /** Routes traffic to private addresses through the VPC network. */
  static privateRanges(): VpcEgress {
    return new VpcEgress('PRIVATE_RANGES_ONLY');
  }

  /**
   * Routes all outbound traffic through the VPC network. The subnetwork must have Private Google Access. Otherwise the
   * service cannot reach its model or any other Google API.
   */
  static all(): VpcEgress {
    return new VpcEgress('ALL_TRAFFIC');
  }

  private constructor(
    /** Value in the Cloud Run API. */
    readonly value: string,
  ) {}
}
