import type { IdlePart } from '../../../cost/idle-cost.js';
import { product } from '../../../terraform/idle-cost.js';

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
