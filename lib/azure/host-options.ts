import type { ImageSource } from '../serving/image-source.js';
import type { AzureSubnet } from './props.js';

/** Options of Azure Functions on the Flex Consumption plan. */
export interface FlexConsumptionOptions {
  /** Memory of an instance in MiB: 512, 2048 or 4096. CPU scales with memory. @default 2048 */
  readonly memoryMib?: number;

  /** Maximum number of concurrent requests per instance, 1 to 1000. The runtime batches them. @default 32 */
  readonly maxConcurrency?: number;

  /**
   * Subnet for outbound traffic of the instances, delegated to `Microsoft.App/environments`.
   *
   * @default - instances send traffic to the internet
   */
  readonly subnet?: AzureSubnet;
}

/** CPUs and memory of a workload profile. */
export interface GpuProfileSize {
  /** Number of CPUs. */
  readonly cpu: number;
  /** Memory in MiB. */
  readonly memoryMib: number;
}

/**
 * GPU of Container Apps, which scales to zero with the app.
 *
 * @example
 * ```ts
 * import { ImageSource } from 'modelship';
 * import { Gpu, ServerlessHost, ServerlessModel } from 'modelship/azure';
 *
 * new ServerlessModel(stack, 'Net', {
 *   model,
 *   location: 'westeurope',
 *   host: ServerlessHost.containerApps({
 *     gpu: Gpu.nvidiaT4(),
 *     image: ImageSource.fromRegistry('flowers.azurecr.io/runtime-gpu:1'),
 *   }),
 * });
 * ```
 */
export class Gpu {
  /** NVIDIA T4 with 16 GB of GPU memory, 8 CPUs and 56 GiB of memory. */
  static nvidiaT4(): Gpu {
    return new Gpu('Consumption-GPU-NC8as-T4', { cpu: 8, memoryMib: 57_344 });
  }

  /** NVIDIA A100 with 80 GB of GPU memory, 24 CPUs and 220 GiB of memory. */
  static nvidiaA100(): Gpu {
    return new Gpu('Consumption-GPU-NC24-A100', { cpu: 24, memoryMib: 225_280 });
  }

  /**
   * Any other workload profile with one GPU.
   *
   * @param profileType type of the workload profile, such as `Consumption-GPU-NC8as-T4`
   * @param size all CPUs and memory of the profile
   */
  static of(profileType: string, size: GpuProfileSize): Gpu {
    return new Gpu(profileType, size);
  }

  private constructor(
    /** Type of the workload profile. */
    readonly profileType: string,
    /** CPUs and memory of the profile. */
    readonly size: GpuProfileSize,
  ) {}
}

/** Options of Azure Container Apps. */
export interface ContainerAppsOptions {
  /**
   * Container image of the runtime. An `AzureImage` also grants the role to pull it from a registry on Azure.
   *
   * @default - AzureImage.fromAcrTask(): the runtime of this version, built at apply
   */
  readonly image?: ImageSource;

  /** CPUs of a replica, 0.25 to 4 in steps of 0.25, each with 2 GiB of memory. Conflicts with `gpu`. @default 1 */
  readonly cpu?: number;

  /** GPU of each replica. The image must contain a runtime that uses the GPU. @default - none */
  readonly gpu?: Gpu;

  /** Concurrent requests per replica that trigger scale-out, 1 to 10,000. @default 50 */
  readonly targetConcurrency?: number;

  /**
   * Subnet of the Container Apps environment, delegated to `Microsoft.App/environments`.
   *
   * @default - a network managed by Azure
   */
  readonly subnet?: AzureSubnet;

  /** Whether the model is reachable only from the subnet's network. Requires `subnet`. @default false */
  readonly internal?: boolean;

  /**
   * Revision that keeps the rest of the traffic during a canary: the `revision` of the previous deployment. A second
   * apply with `Rollout.allAtOnce()` ends the canary.
   *
   * @default - none
   */
  readonly stableRevision?: string;

  /**
   * Salt of the revision's name. Change it to return to an earlier model: Container Apps deploys a revision of a given
   * name only once.
   *
   * @default - the revision's name depends on its content alone
   */
  readonly versionSalt?: string;
}
