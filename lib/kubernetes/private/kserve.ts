import type { ModelWorkloadProps } from '../model-workload-props.js';
import { podSpec } from './pod.js';
import { scaling } from './scaling.js';

/** The name that KServe gives to the container that serves. */
export const KSERVE_CONTAINER = 'kserve-container';

/**
 * Annotation that selects KServe's mode with a Deployment and a HorizontalPodAutoscaler. KServe 0.16 renamed the mode to
 * `Standard` and still accepts this name. The other mode, Knative, rejects the pod: it allows only the port names `h2c` and
 * `http1`, no `lifecycle` and, unless flags of the cluster allow them, no CSI volumes and no `nodeSelector`.
 */
const DEPLOYMENT_MODE = { 'serving.kserve.io/deploymentMode': 'RawDeployment' };

/** The `InferenceService` that runs the workload's pod. */
export function inferenceService(
  props: ModelWorkloadProps,
  namespace: string,
  serviceAccountName: string,
): { [key: string]: unknown } {
  const { minReplicas, maxReplicas, targetCpuPercent } = scaling(props);
  // KServe makes the spread, the selector labels and the drain its own.
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
