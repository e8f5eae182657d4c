import type { ModelWorkloadProps } from '../model-workload-props.js';

export const DEFAULT_MAX_REPLICAS = 3;
const DEFAULT_TARGET_CPU_PERCENT = 70;

type ScalingProps = Pick<ModelWorkloadProps, 'minReplicas' | 'maxReplicas' | 'targetCpuPercent'>;

/** Returns the scaling settings of a workload, including defaults. */
export function scaling({ minReplicas = 1, maxReplicas, targetCpuPercent }: ScalingProps) {
  return {
    minReplicas,
    maxReplicas: maxReplicas ?? Math.max(minReplicas, DEFAULT_MAX_REPLICAS),
    targetCpuPercent: targetCpuPercent ?? DEFAULT_TARGET_CPU_PERCENT,
  };
}
