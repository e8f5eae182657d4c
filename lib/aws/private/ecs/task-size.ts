import { Token, Tokenization } from 'aws-cdk-lib';
import type { FargateCapacityOptions, GpuCapacityOptions } from '../../capacity.js';

/** CPUs and memory of a task on Fargate, 1 CPU and 2 GiB by default. */
export function fargateSize(options: FargateCapacityOptions = {}) {
  const { cpu = 1, memoryMib = 2048 } = options;
  return { cpu, memoryMib };
}

/** CPU units of ECS; undefined if the number of CPUs is known only at deployment. */
export function cpuUnits(cpu: number): number | undefined {
  return Token.isUnresolved(cpu) ? undefined : Math.round(cpu * 1024);
}

/** CPUs as a task definition expects them: in units, or in the form `n vCPU` for tokens. */
export function cpuText(cpu: number): string {
  return `${cpuUnits(cpu) ?? `${Tokenization.stringifyNumber(cpu)} vCPU`}`;
}

/**
 * Instance type and size of GPU tasks. By default, each g5.xlarge runs one task, which leaves 1 CPU and 4 GiB to the
 * system.
 */
export function gpuSize(options: GpuCapacityOptions): Required<GpuCapacityOptions> {
  const { instanceType = 'g5.xlarge', gpuCount = 1, cpu = 3, memoryMib = 12_288 } = options;
  return { instanceType, gpuCount, cpu, memoryMib };
}
