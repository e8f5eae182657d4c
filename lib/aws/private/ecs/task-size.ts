import { Token, Tokenization } from 'aws-cdk-lib';
import type { ContainerCapacity, FargateCapacityOptions, GpuCapacityOptions } from '../../capacity.js';
import { GPU_TASK } from './limits.js';

/** CPUs and memory of a task on Fargate, 1 CPU and 2 GiB by default. */
export function fargateSize({ cpu = 1, memoryMib = 2048 }: FargateCapacityOptions) {
  return { cpu, memoryMib };
}

/** Settings of the GPUs of a task; undefined on Fargate, which has none. */
export function gpuOptions({ settings }: ContainerCapacity): GpuCapacityOptions | undefined {
  return settings.kind === 'fargate' ? undefined : settings.options;
}

/** CPUs and memory of a task. */
export function taskSize({ settings }: ContainerCapacity) {
  return settings.kind === 'fargate' ? fargateSize(settings.options) : gpuSize(settings.options);
}

/** Whether tasks run on Fargate Spot. */
export function isSpot({ settings }: ContainerCapacity): boolean {
  return settings.kind === 'fargate' && settings.options.spot === true;
}

/** CPU units of ECS; undefined if the number of CPUs is known only at deployment. */
export function cpuUnits(cpu: number): number | undefined {
  return Token.isUnresolved(cpu) ? undefined : Math.round(cpu * 1024);
}

/** CPUs as a task definition expects them: in units, or in the form `n vCPU` for tokens. */
export function cpuText(cpu: number): string {
  return `${cpuUnits(cpu) ?? `${Tokenization.stringifyNumber(cpu)} vCPU`}`;
}

/** Returns the instance type and the size of GPU tasks. */
export function gpuSize(options: GpuCapacityOptions): Required<GpuCapacityOptions> {
  const {
    instanceType = GPU_TASK.instanceType,
    gpuCount = GPU_TASK.gpuCount,
    cpu = GPU_TASK.cpu,
    memoryMib = GPU_TASK.memoryMib,
  } = options;
  return { instanceType, gpuCount, cpu, memoryMib };
}
