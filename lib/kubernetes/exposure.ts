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

/** Settings of a network exposure. The member `kind` discriminates the union. */
export type ExposureSettings =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'loadBalancer'; readonly options: LoadBalancerExposureOptions }
  | { readonly kind: 'ingress'; readonly options: IngressExposureOptions }
  | { readonly kind: 'gateway'; readonly options: GatewayExposureOptions };

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
    return new Exposure({ kind: 'cluster' });
  }

  /** Reachable through a load balancer of the cloud. It has no TLS, so use it in private networks only. */
  static loadBalancer(options: LoadBalancerExposureOptions): Exposure {
    return new Exposure({ kind: 'loadBalancer', options });
  }

  /** Reachable through an Ingress, whose controller terminates TLS. */
  static ingress(options: IngressExposureOptions): Exposure {
    return new Exposure({ kind: 'ingress', options });
  }

  /** Reachable through a Gateway, which terminates TLS and can split traffic between two versions. */
  static gateway(options: GatewayExposureOptions): Exposure {
    return new Exposure({ kind: 'gateway', options });
  }

  private constructor(
    /** Settings of the exposure. Its member `kind` tells its type. */
    readonly settings: ExposureSettings,
  ) {}

  /** Kind of exposure, the same as `settings.kind`. */
  get kind(): ExposureSettings['kind'] {
    return this.settings.kind;
  }

  /** Addresses outside the cluster that can connect to the pods, as CIDR blocks. */
  get sourceRanges(): readonly string[] {
    return this.settings.kind === 'cluster' ? [] : this.settings.options.sourceRanges;
  }
}
