import type { GatewayExposureOptions } from '../exposure.js';

/** A service, and its share of the traffic in percent. */
export interface WeightedService {
  readonly name: string;
  readonly weight: number;
}

/** The route from a Gateway to the services, as the Gateway API's first stable version has it. */
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
