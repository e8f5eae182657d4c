import type { DeploymentV1SpecTemplateSpec } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import type { PodSpec } from './pod.js';

/** Converts a pod specification to the Terraform provider's format: singular list names, and user IDs as strings. */
export function providerPodSpec(pod: PodSpec): DeploymentV1SpecTemplateSpec {
  const { containers, volumes, tolerations, topologySpreadConstraints, securityContext, ...same } = pod;
  return {
    ...same,
    securityContext: {
      ...securityContext,
      runAsUser: `${securityContext.runAsUser}`,
      runAsGroup: `${securityContext.runAsGroup}`,
      fsGroup: `${securityContext.fsGroup}`,
    },
    toleration: tolerations,
    topologySpreadConstraint: topologySpreadConstraints.map(({ labelSelector, ...constraint }) => ({
      ...constraint,
      labelSelector: [labelSelector],
    })),
    container: containers.map(({ ports, volumeMounts, lifecycle, ...container }) => ({
      ...container,
      port: ports,
      volumeMount: volumeMounts,
      lifecycle: { preStop: [lifecycle.preStop] },
    })),
    volume: volumes,
  };
}
