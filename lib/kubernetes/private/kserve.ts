import type { ModelWorkloadProps } from '../model-workload-props.js';
import { podSpec } from './pod.js';

/** The name that KServe gives to the container that serves. */
export const KSERVE_CONTAINER = 'kserve-container';

/** The `InferenceService` that runs the workload's pod. */
export function inferenceService(
  props: ModelWorkloadProps,
  namespace: string,
  serviceAccountName: string,
): { [key: string]: unknown } {
  // KServe makes the spread, the selector labels and the drain its own.
  const { topologySpreadConstraints: _, containers, ...pod } = podSpec(props, props, serviceAccountName);
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: { name: props.name, namespace, labels: props.podLabels, annotations: props.podAnnotations },
    spec: {
      predictor: {
        minReplicas: props.minReplicas,
        maxReplicas: props.maxReplicas,
        ...pod,
        containers: containers.map((container) => ({ ...container, name: KSERVE_CONTAINER })),
      },
    },
  };
}
