import type { GatewayExposureOptions } from '../exposure.js';

/** Service and its share of the traffic. */
export interface WeightedService {
  readonly name: string;
  /** Share of the traffic, in percent. */
  readonly weight: number;
}

/** Creates the `HTTPRoute` from a Gateway to the services, in version `v1` of the Gateway API. */
export function httpRoute(
  name: string,
  namespace: string,
  gateway: GatewayExposureOptions,
  services: readonly WeightedService[],
  port: number,
): { [key: string]: unknown } {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace },
    spec: {
      parentRefs: [{ name: gateway.gatewayName, namespace: gateway.gatewayNamespace ?? namespace }],
      hostnames: [gateway.host],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: services.map((service) => ({ ...service, port })),
        },
      ],
    },
  };
}
