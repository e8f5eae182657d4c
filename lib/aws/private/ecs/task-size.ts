import { Token, Tokenization } from 'aws-cdk-lib';
import type { FargateCapacityOptions, GpuCapacityOptions } from '../../capacity.js';

/** CPUs and memory of a task on Fargate if nothing is said. */
export function fargateSize(options: FargateCapacityOptions = {}) {
  const { cpu = 1, memoryMib = 2048 } = options;
  return { cpu, memoryMib };
}

/** CPUs in the units of ECS; undefined if only the deployment knows how many. */
export function cpuUnits(cpu: number): number | undefined {
  return Token.isUnresolved(cpu) ? undefined : Math.round(cpu * 1024);
}

/** CPUs as ECS takes them of tasks: in units, or in words. */
export function cpuText(cpu: number): string {
  return `${cpuUnits(cpu) ?? `${Tokenization.stringifyNumber(cpu)} vCPU`}`;
}

/** What tasks with GPUs run on: one on each g5.xlarge if nothing is said, which has 4 CPUs and 16 GiB for it and itself. */
export function gpuSize(options: GpuCapacityOptions): Required<GpuCapacityOptions> {
  const { instanceType = 'g5.xlarge', gpuCount = 1, cpu = 3, memoryMib = 12_288 } = options;
  return { instanceType, gpuCount, cpu, memoryMib };
}
