/** Options of a load balancer. */
export interface LoadBalancerExposureOptions {
  /** Client addresses that can connect, as CIDR blocks. */
  readonly sourceRanges: string[];
  /** Annotations of the Service, such as the one that makes the load balancer internal. @default - none */
  readonly annotations?: { [name: string]: string };
}

/** Options of an Ingress. */
export interface IngressExposureOptions {
  /** Ingress class, such as `nginx`. */
  readonly className: string;
  /** Host name that callers use. */
  readonly host: string;
  /** Secret in the namespace that holds the TLS certificate. @default - the controller's own certificate */
  readonly tlsSecretName?: string;
  /** Annotations of the Ingress. @default - none */
  readonly annotations?: { [name: string]: string };
  /** Addresses that the controller uses to reach the pods, as CIDR blocks. */
  readonly sourceRanges: string[];
}

/** Options of a Gateway. */
export interface GatewayExposureOptions {
  /** Name of an existing Gateway. */
  readonly gatewayName: string;
  /** Namespace of the Gateway. @default - the namespace of the workload */
  readonly gatewayNamespace?: string;
  /** Host name that callers use. */
  readonly host: string;
  /** Addresses that the Gateway uses to reach the pods, as CIDR blocks. */
  readonly sourceRanges: string[];
}

/**
 * Network exposure of a workload.
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
  /** Reachable only from the pods of allowed namespaces in the cluster. */
  static cluster(): Exposure {
    return new Exposure('cluster', []);
  }

  /** Reachable through a load balancer of the cloud. It has no TLS, so use it in private networks only. */
  static loadBalancer(options: LoadBalancerExposureOptions): Exposure {
    return new Exposure('loadBalancer', options.sourceRanges, options);
  }

  /** Reachable through an Ingress, whose controller terminates TLS. */
  static ingress(options: IngressExposureOptions): Exposure {
    return new Exposure('ingress', options.sourceRanges, undefined, options);
  }

  /** Reachable through a Gateway, which terminates TLS and can split traffic between two versions. */
  static gateway(options: GatewayExposureOptions): Exposure {
    return new Exposure('gateway', options.sourceRanges, undefined, undefined, options);
  }

  private constructor(
    /** Kind of exposure: `cluster`, `loadBalancer`, `ingress` or `gateway`. */
    readonly kind: 'cluster' | 'loadBalancer' | 'ingress' | 'gateway',
    /** Addresses outside the cluster that can connect to the pods, as CIDR blocks. */
    readonly sourceRanges: readonly string[],
    /** Options of the load balancer. Set when `kind` is `loadBalancer`. */
    readonly loadBalancerOptions?: LoadBalancerExposureOptions,
    /** Options of the Ingress. Set when `kind` is `ingress`. */
    readonly ingressOptions?: IngressExposureOptions,
    /** Options of the Gateway. Set when `kind` is `gateway`. */
    readonly gatewayOptions?: GatewayExposureOptions,
  ) {}
}
