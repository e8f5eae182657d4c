/** How a load balancer is asked for. */
export interface LoadBalancerExposureOptions {
  /** Addresses that may connect, as CIDR blocks. */
  readonly sourceRanges: string[];
  /** What the cloud wants to know, such as whether it is internal. @default - none */
  readonly annotations?: { [name: string]: string };
}

/** How an Ingress is asked for. */
export interface IngressExposureOptions {
  /** The ingress class, such as `nginx`. */
  readonly className: string;
  /** The host name that callers use. */
  readonly host: string;
  /** Secret of the namespace with the certificate. @default - the controller has one */
  readonly tlsSecretName?: string;
  /** @default - none */
  readonly annotations?: { [name: string]: string };
  /** Addresses from which the controller reaches the pods, as CIDR blocks. */
  readonly sourceRanges: string[];
}

/** Which Gateway carries the traffic. */
export interface GatewayExposureOptions {
  /** Name of a Gateway that is there. */
  readonly gatewayName: string;
  /** @default - the namespace of the workload */
  readonly gatewayNamespace?: string;
  /** The host name that callers use. */
  readonly host: string;
  /** Addresses from which the Gateway reaches the pods, as CIDR blocks. */
  readonly sourceRanges: string[];
}

/**
 * From where a workload can be reached.
 *
 * @example
 * ```ts
 * import { ContainerModel, Exposure } from 'modelship/gcp';
 *
 * const exposure = Exposure.loadBalancer({ sourceRanges: ['10.0.0.0/8'] });
 * new ContainerModel(stack, 'Iris', { model, region: 'europe-west4', exposure });
 * ```
 */
export class Exposure {
  /** From pods of the cluster that were let in. */
  static cluster(): Exposure {
    return new Exposure('cluster', []);
  }

  /** Through a load balancer of the cloud, without TLS: for private networks. */
  static loadBalancer(options: LoadBalancerExposureOptions): Exposure {
    return new Exposure('loadBalancer', options.sourceRanges, options);
  }

  /** Through an Ingress, whose controller ends TLS. */
  static ingress(options: IngressExposureOptions): Exposure {
    return new Exposure('ingress', options.sourceRanges, undefined, options);
  }

  /** Through a Gateway, which ends TLS and can split traffic between two versions. */
  static gateway(options: GatewayExposureOptions): Exposure {
    return new Exposure('gateway', options.sourceRanges, undefined, undefined, options);
  }

  private constructor(
    /** One of `cluster`, `loadBalancer`, `ingress` and `gateway`. */
    readonly kind: 'cluster' | 'loadBalancer' | 'ingress' | 'gateway',
    /** Addresses outside the cluster that may connect to the pods. */
    readonly sourceRanges: readonly string[],
    /** Set when `kind` is `loadBalancer`. */
    readonly loadBalancerOptions?: LoadBalancerExposureOptions,
    /** Set when `kind` is `ingress`. */
    readonly ingressOptions?: IngressExposureOptions,
    /** Set when `kind` is `gateway`. */
    readonly gatewayOptions?: GatewayExposureOptions,
  ) {}
}
