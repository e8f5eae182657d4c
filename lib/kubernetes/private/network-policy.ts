import type { NetworkPolicyV1Spec } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { POD_METRICS_PORT } from '@modelship/runtime/contract';
import { NAME_LABEL } from './pod.js';

/** Label that contains the name of each namespace. Kubernetes sets it. */
const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/** OTLP ports for gRPC and HTTP: https://opentelemetry.io/docs/specs/otlp */
const OTLP_PORTS = [4317, 4318];

/**
 * Creates the policy that restricts the pods of a workload. It allows ingress from `callerRanges` to the server's port.
 * It allows egress to DNS, HTTPS, trace collectors in `traceNamespaces`, and `egressRanges`. Ranges are CIDR blocks.
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
    // A rule without `from` would allow all callers, so an empty list creates no rule.
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

/** Creates the policy that allows the pods of the collectors' namespaces to scrape the metrics of a workload's pods. */
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

/** Creates the policy that allows the pods of `namespace` to call a workload. Each caller has its own policy. */
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
