import type { NetworkPolicyV1Spec } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { POD_METRICS_PORT } from '@modelship/runtime/contract';
import { NAME_LABEL } from './pod.js';

/** Every namespace carries its name in this label. */
const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/** https://opentelemetry.io/docs/specs/otlp: by gRPC, and by HTTP. */
const OTLP_PORTS = [4317, 4318];

/**
 * Closes the pods of a workload: in comes who has one of the addresses, on the server's port, and out goes what is for
 * DNS, HTTPS, a collector of traces in one of the namespaces, or one of the other addresses. All are CIDR blocks.
 */
export function closedPolicy(
  name: string,
  port: number,
  callerRanges: readonly string[],
  egressRanges: readonly string[],
  traceNamespaces: readonly string[],
): NetworkPolicyV1Spec {
  return {
    podSelector: { matchLabels: { [NAME_LABEL]: name } },
    policyTypes: ['Ingress', 'Egress'],
    // A rule without `from` would let in everyone, so that with nobody named there is no rule.
    ingress:
      callerRanges.length > 0 ? [{ from: callerRanges.map((cidr) => ({ ipBlock: { cidr } })), ports: only(port) }] : [],
    egress: [
      {
        ports: [
          { port: '53', protocol: 'UDP' },
          { port: '53', protocol: 'TCP' },
          { port: '443', protocol: 'TCP' },
        ],
      },
      ...(traceNamespaces.length > 0
        ? [
            {
              to: namespaces(traceNamespaces),
              ports: OTLP_PORTS.map((port) => ({ port: `${port}`, protocol: 'TCP' })),
            },
          ]
        : []),
      ...(egressRanges.length > 0 ? [{ to: egressRanges.map((cidr) => ({ ipBlock: { cidr } })) }] : []),
    ],
  };
}

/** Lets the pods of namespaces reach the metrics of a workload's pods. */
export function metricsPolicy(name: string, collectors: readonly string[]): NetworkPolicyV1Spec {
  return {
    podSelector: { matchLabels: { [NAME_LABEL]: name } },
    policyTypes: ['Ingress'],
    ingress: [
      {
        from: namespaces(collectors),
        ports: only(POD_METRICS_PORT),
      },
    ],
  };
}

/** Lets the pods of `namespace` call those of a workload. Policies add up, so that each caller has one of its own. */
export function callerPolicy(name: string, port: number, namespace: string): NetworkPolicyV1Spec {
  return {
    podSelector: { matchLabels: { [NAME_LABEL]: name } },
    policyTypes: ['Ingress'],
    ingress: [{ from: namespaces([namespace]), ports: only(port) }],
  };
}

function only(port: number) {
  return [{ port: `${port}`, protocol: 'TCP' }];
}

function namespaces(names: readonly string[]) {
  return names.map((name) => ({ namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: name } } }));
}
