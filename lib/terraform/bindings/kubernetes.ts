import { loadedFrom } from './load.js';

/**
 * Classes of the Kubernetes provider, each loaded on first use. Some take longer to load than a template takes to synthesize,
 * and a stack uses few of them.
 */
export const kubernetes = loadedFrom('@cdktf/provider-kubernetes', {
  get ConfigMapV1(): typeof import('@cdktf/provider-kubernetes/lib/config-map-v1').ConfigMapV1 {
    return require('@cdktf/provider-kubernetes/lib/config-map-v1').ConfigMapV1;
  },
  get DaemonSetV1(): typeof import('@cdktf/provider-kubernetes/lib/daemon-set-v1').DaemonSetV1 {
    return require('@cdktf/provider-kubernetes/lib/daemon-set-v1').DaemonSetV1;
  },
  get DeploymentV1(): typeof import('@cdktf/provider-kubernetes/lib/deployment-v1').DeploymentV1 {
    return require('@cdktf/provider-kubernetes/lib/deployment-v1').DeploymentV1;
  },
  get HorizontalPodAutoscalerV2(): typeof import('@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2').HorizontalPodAutoscalerV2 {
    return require('@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2').HorizontalPodAutoscalerV2;
  },
  get IngressV1(): typeof import('@cdktf/provider-kubernetes/lib/ingress-v1').IngressV1 {
    return require('@cdktf/provider-kubernetes/lib/ingress-v1').IngressV1;
  },
  get KubernetesProvider(): typeof import('@cdktf/provider-kubernetes/lib/provider').KubernetesProvider {
    return require('@cdktf/provider-kubernetes/lib/provider').KubernetesProvider;
  },
  get Manifest(): typeof import('@cdktf/provider-kubernetes/lib/manifest').Manifest {
    return require('@cdktf/provider-kubernetes/lib/manifest').Manifest;
  },
  get NamespaceV1(): typeof import('@cdktf/provider-kubernetes/lib/namespace-v1').NamespaceV1 {
    return require('@cdktf/provider-kubernetes/lib/namespace-v1').NamespaceV1;
  },
  get NetworkPolicyV1(): typeof import('@cdktf/provider-kubernetes/lib/network-policy-v1').NetworkPolicyV1 {
    return require('@cdktf/provider-kubernetes/lib/network-policy-v1').NetworkPolicyV1;
  },
  get PersistentVolumeClaimV1(): typeof import('@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1').PersistentVolumeClaimV1 {
    return require('@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1').PersistentVolumeClaimV1;
  },
  get PersistentVolumeV1(): typeof import('@cdktf/provider-kubernetes/lib/persistent-volume-v1').PersistentVolumeV1 {
    return require('@cdktf/provider-kubernetes/lib/persistent-volume-v1').PersistentVolumeV1;
  },
  get PodDisruptionBudgetV1(): typeof import('@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1').PodDisruptionBudgetV1 {
    return require('@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1').PodDisruptionBudgetV1;
  },
  get ServiceAccountV1(): typeof import('@cdktf/provider-kubernetes/lib/service-account-v1').ServiceAccountV1 {
    return require('@cdktf/provider-kubernetes/lib/service-account-v1').ServiceAccountV1;
  },
  get ServiceV1(): typeof import('@cdktf/provider-kubernetes/lib/service-v1').ServiceV1 {
    return require('@cdktf/provider-kubernetes/lib/service-v1').ServiceV1;
  },
});
