/** Size of a task without a GPU. */
export interface FargateCapacityOptions {
  /** CPUs of a task: 0.25, 0.5, 1, 2, 4, 8 or 16. @default 1 */
  readonly cpu?: number;
  /** Memory of a task, in MiB, within what its CPUs allow. @default 2048 */
  readonly memoryMib?: number;
  /**
   * Whether tasks run on Intel's and AMD's processors, and not on Arm's.
   *
   * @default - false, unless the image of another server is not built for Arm
   */
  readonly x86?: boolean;
  /**
   * Whether tasks may be taken away with two minutes' notice, at a lower price. A cluster of another app must have the
   * capacity provider `FARGATE_SPOT`.
   *
   * @default false
   */
  readonly spot?: boolean;
}

/** Instances with GPUs, and the size of a task on them. */
export interface GpuCapacityOptions {
  /** Such as `g5.xlarge`. @default g5.xlarge */
  readonly instanceType?: string;
  /** GPUs of a task. @default 1 */
  readonly gpuCount?: number;
  /** CPUs of a task. @default 3, which leaves a g5.xlarge one for itself */
  readonly cpu?: number;
  /** Memory of a task, in MiB. @default 12288 */
  readonly memoryMib?: number;
}

/**
 * What tasks run on.
 *
 * @example
 * ```ts
 * import { ContainerCapacity, ContainerModel } from 'modelship/aws';
 *
 * new ContainerModel(stack, 'Iris', { model, capacity: ContainerCapacity.fargate({ cpu: 2, memoryMib: 4096, spot: true }) });
 * ```
 */
export class ContainerCapacity {
  /** Fargate, on Arm processors by default if the server's image is built for them: nothing to run but the tasks. */
  static fargate(options: FargateCapacityOptions = {}): ContainerCapacity {
    return new ContainerCapacity('fargate', options);
  }

  /** EC2 instances with NVIDIA GPUs, as many as the tasks need, from ECS's own image. A `cluster` must be of the same stack. */
  static gpu(options: GpuCapacityOptions = {}): ContainerCapacity {
    return new ContainerCapacity('gpu', undefined, options);
  }

  /**
   * ECS Managed Instances with NVIDIA GPUs, as many as the tasks need: ECS starts, patches and replaces them, at a price
   * of its own beside EC2's. It replaces an instance after at most 14 days.
   */
  static managedGpu(options: GpuCapacityOptions = {}): ContainerCapacity {
    return new ContainerCapacity('managedGpu', undefined, options);
  }

  private constructor(
    /** One of `fargate`, `gpu` and `managedGpu`. */
    readonly kind: 'fargate' | 'gpu' | 'managedGpu',
    /** Set when `kind` is `fargate`. */
    readonly fargateOptions?: FargateCapacityOptions,
    /** Set when `kind` is `gpu` or `managedGpu`. */
    readonly gpuOptions?: GpuCapacityOptions,
  ) {}
}
