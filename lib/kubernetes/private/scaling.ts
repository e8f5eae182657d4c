import type { ModelWorkloadProps } from '../model-workload-props.js';

export const DEFAULT_MAX_REPLICAS = 3;
const DEFAULT_TARGET_CPU_PERCENT = 70;

/** Returns the scaling settings of a workload, including defaults. */
export function scaling({ minReplicas = 1, maxReplicas, targetCpuPercent }: ModelWorkloadProps) {
  return {
    minReplicas,
    maxReplicas: maxReplicas ?? Math.max(minReplicas, DEFAULT_MAX_REPLICAS),
    targetCpuPercent: targetCpuPercent ?? DEFAULT_TARGET_CPU_PERCENT,
  };
}
