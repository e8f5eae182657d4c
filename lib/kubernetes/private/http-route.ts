import type { GatewayExposureOptions } from '../exposure.js';

/** Service and its share of the traffic. */
export interface WeightedService {
  readonly name: string;
  /** Share of the traffic, in percent. */
  readonly weight: number;
}

/** Header that selects the canary, whatever its share of the traffic. */
export const CANARY_HEADER = { name: 'modelship-version', value: 'canary' } as const;

/**
 * Creates the `HTTPRoute` from a Gateway to the services, in version `v1` of the Gateway API. A second service is the
 * canary. A match with a header precedes those without:
 * https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule
 */
export function httpRoute(
  name: string,
  namespace: string,
  gateway: GatewayExposureOptions,
  services: readonly WeightedService[],
  port: number,
): { [key: string]: unknown } {
  const path = { type: 'PathPrefix', value: '/' };
  const [, ...canaries] = services;
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace },
    spec: {
      parentRefs: [{ name: gateway.gatewayName, namespace: gateway.gatewayNamespace ?? namespace }],
      hostnames: [gateway.host],
      rules: [
        { matches: [{ path }], backendRefs: services.map((service) => ({ ...service, port })) },
        ...canaries.map(({ name: canary }) => ({
          matches: [{ path, headers: [{ type: 'Exact', ...CANARY_HEADER }] }],
          backendRefs: [{ name: canary, port }],
        })),
      ],
    },
  };
}
