/** Fargate settings: the size of a task, its processor architecture and Spot. */
export interface FargateCapacityOptions {
  /** Number of vCPUs per task: 0.25, 0.5, 1, 2, 4, 8 or 16. @default 1 */
  readonly cpu?: number;
  /** Memory per task in MiB, within the range that Fargate allows for `cpu`. @default 2048 */
  readonly memoryMib?: number;
  /**
   * Whether tasks run on x86-64 instead of Arm processors.
   *
   * @default - false, unless the server's image is not available for Arm
   */
  readonly x86?: boolean;
  /**
   * Whether tasks run on Fargate Spot, which costs less but can interrupt tasks with two minutes' notice. An imported
   * cluster must have the capacity provider `FARGATE_SPOT`.
   *
   * @default false
   */
  readonly spot?: boolean;
}

/** GPU settings: the instance type and the size of a task. */
export interface GpuCapacityOptions {
  /** EC2 instance type, such as `g5.xlarge`. @default g5.xlarge */
  readonly instanceType?: string;
  /** Number of GPUs per task. @default 1 */
  readonly gpuCount?: number;
  /** Number of vCPUs per task. @default 3, which leaves one vCPU of a g5.xlarge for the host */
  readonly cpu?: number;
  /** Memory per task in MiB. @default 12288 */
  readonly memoryMib?: number;
}

/** Settings of the capacity of a service. The member `kind` discriminates the union. */
export type ContainerCapacitySettings =
  | { readonly kind: 'fargate'; readonly options: FargateCapacityOptions }
  | { readonly kind: 'gpu' | 'managedGpu'; readonly options: GpuCapacityOptions };

/**
 * Capacity that the tasks of a service run on.
 *
 * @example
 * ```ts
 * import { ContainerCapacity, ContainerModel } from 'modelship/aws';
 *
 * new ContainerModel(stack, 'Iris', { model, capacity: ContainerCapacity.fargate({ cpu: 2, memoryMib: 4096, spot: true }) });
 * ```
 */
export class ContainerCapacity {
  /**
   * Runs tasks on Fargate, without instances to manage. Uses Arm by default if the server's image is available for it.
   */
  static fargate(options: FargateCapacityOptions = {}): ContainerCapacity {
    return new ContainerCapacity({ kind: 'fargate', options });
  }

  /**
   * Runs tasks on EC2 instances with NVIDIA GPUs and the ECS-optimized AMI. The number of instances follows the number
   * of tasks. If you set `cluster`, it must be in the same stack.
   */
  static gpu(options: GpuCapacityOptions = {}): ContainerCapacity {
    return new ContainerCapacity({ kind: 'gpu', options });
  }

  /**
   * Runs tasks on ECS Managed Instances with NVIDIA GPUs. The number of instances follows the number of tasks. ECS
   * starts, patches and replaces the instances, for a management fee in addition to the EC2 price. It replaces an
   * instance after at most 14 days.
   */
  static managedGpu(options: GpuCapacityOptions = {}): ContainerCapacity {
    return new ContainerCapacity({ kind: 'managedGpu', options });
  }

  private constructor(
    /** Settings of the capacity. Its member `kind` tells its type. */
    readonly settings: ContainerCapacitySettings,
  ) {}

  /** Kind of capacity, the same as `settings.kind`. */
  get kind(): ContainerCapacitySettings['kind'] {
    return this.settings.kind;
  }
}
