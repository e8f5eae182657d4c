import type { ModelWorkloadProps } from '../model-workload-props.js';
import { podSpec } from './pod.js';
import { scaling } from './scaling.js';

/** Name that KServe requires for the serving container. */
export const KSERVE_CONTAINER = 'kserve-container';

/**
 * Annotation that selects KServe's mode with a Deployment and a HorizontalPodAutoscaler. KServe 0.16 renamed the mode
 * to `Standard` and still accepts this name. The other mode, Knative, rejects the pod. It allows only the port names
 * `h2c` and `http1`, and no `lifecycle`. CSI volumes and `nodeSelector` need feature flags of the cluster.
 */
const DEPLOYMENT_MODE = { 'serving.kserve.io/deploymentMode': 'RawDeployment' };

/** Creates the `InferenceService` that runs the workload's pod. */
export function inferenceService(
  props: ModelWorkloadProps,
  namespace: string,
  serviceAccountName: string,
): { [key: string]: unknown } {
  const { minReplicas, maxReplicas, targetCpuPercent } = scaling(props);
  // KServe sets its own pod labels, so the topology spread constraints would select no pods.
  const { topologySpreadConstraints: _, containers, ...pod } = podSpec(props, props, serviceAccountName);
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: {
      name: props.name,
      namespace,
      labels: props.podLabels,
      annotations: { ...props.podAnnotations, ...DEPLOYMENT_MODE },
    },
    spec: {
      predictor: {
        minReplicas,
        maxReplicas,
        scaleMetric: 'cpu',
        scaleTarget: targetCpuPercent,
        ...pod,
        containers: containers.map((container) => ({ ...container, name: KSERVE_CONTAINER })),
      },
    },
  };
}
