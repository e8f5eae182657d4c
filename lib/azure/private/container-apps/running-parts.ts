import { HOURS_PER_MONTH, type Usage } from '../../../cost/bill.js';
import { type IdlePart, runsAllMonth, STATED_LOAD } from '../../../cost/monthly-cost.js';
import { containerApps } from '../../../cost/services.js';
import { product } from '../../../terraform/monthly-cost.js';

/** Size of a replica. */
export interface ReplicaSize {
  readonly cpu: number;
  readonly memoryGib: number;
}

/** Prices of the GPUs of Container Apps, by the type of their workload profile. */
const GPUS: Readonly<Record<string, string>> = {
  'Consumption-GPU-NC8as-T4': 'azure.aca.t4',
  'Consumption-GPU-NC24-A100': 'azure.aca.a100',
};

/**
 * Idle cost of the replicas that always run.
 *
 * @param gpuProfile type of the workload profile with a GPU that the replicas run on
 */
export function runningParts(replicas: number, { cpu, memoryGib }: ReplicaSize, gpuProfile?: string): IdlePart[] {
  if (replicas === 0) return [];
  const what = 'idle replicas';
  return [
    // A replica with a GPU has no idle price.
    { what, price: gpuProfile ? 'azure.aca.vcpu' : 'azure.aca.vcpu.idle', quantity: product(replicas, cpu) },
    { what, price: 'azure.aca.gib', quantity: product(replicas, memoryGib) },
    ...(gpuProfile
      ? [{ what: 'GPUs', price: GPUS[gpuProfile] ?? `azure.aca.${gpuProfile}`, quantity: product(replicas) }]
      : []),
  ];
}

/**
 * Usage of replicas at the stated load, which one replica serves.
 *
 * @param gpuProfile type of the workload profile with a GPU that the replicas run on
 */
export function usageAtLoad(minReplicas: number, size: ReplicaSize, gpuProfile?: string): Usage[] {
  const { requests, seconds } = STATED_LOAD;
  const { cpu: vcpu, memoryGib } = size;
  // Without `minReplicas` the requests keep one replica running, at the price of an active one.
  const isKept = minReplicas === 0;
  if (gpuProfile) return runsAllMonth(runningParts(isKept ? 1 : minReplicas, size, gpuProfile));
  const month = HOURS_PER_MONTH * 3600;
  const activeSeconds = isKept ? month : requests * seconds;
  const idleSeconds = isKept ? 0 : product(minReplicas, month) - activeSeconds;
  return containerApps({ activeSeconds, idleSeconds, requests, vcpu, memoryGib });
}
