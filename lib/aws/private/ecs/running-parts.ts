import type { IdlePart } from '../../../cost/monthly-cost.js';
import { MANAGED_INSTANCES_FEE } from '../../../cost/prices.js';
import { ImageArchitecture } from '../../../serving/image-architecture.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import type { ContainerCapacity } from '../../capacity.js';
import { product } from '../shared/monthly-cost.js';
import { taskArchitecture } from './architecture.js';
import { fargateSize, gpuSize } from './task-size.js';

/** Disk size of an instance in GiB. */
export const INSTANCE_DISK_GIB = 100;

/** Idle cost of the tasks that always run. On EC2, each task has its own instance. */
export function runningParts(capacity: ContainerCapacity, server: ServerSpec, tasks: number): IdlePart[] {
  const { settings } = capacity;
  if (settings.kind !== 'fargate') {
    const { instanceType } = gpuSize(settings.options);
    const price = `aws.ec2.${instanceType}`;
    const fee = { what: 'management of instances', price, quantity: product(tasks, MANAGED_INSTANCES_FEE) };
    return [
      { what: 'instances', price, quantity: product(tasks) },
      { what: 'disks', price: 'aws.ebs.gp3', quantity: product(tasks, INSTANCE_DISK_GIB) },
      { what: 'monitoring', price: 'aws.ec2.detailedMonitoring', quantity: product(tasks) },
      ...(settings.kind === 'managedGpu' ? [fee] : []),
    ];
  }
  const { cpu, memoryMib } = fargateSize(settings.options);
  const processor = taskArchitecture(capacity, server) === ImageArchitecture.AMD64 ? 'x86' : 'arm';
  const price = `aws.fargate.${settings.options.spot ? 'spot.' : ''}${processor}`;
  return [
    { what: 'tasks', price: `${price}.vcpu`, quantity: product(tasks, cpu) },
    { what: 'tasks', price: `${price}.gb`, quantity: product(tasks, memoryMib, 1 / 1024) },
  ];
}
