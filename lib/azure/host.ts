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

/**
 * GPU of Container Apps, which scales to zero with the app.
 *
 * @example
 * ```ts
 * import { ImageSource } from 'modelship';
 * import { ContainerAppGpu, ServerlessHost, ServerlessModel } from 'modelship/azure';
 *
 * new ServerlessModel(stack, 'Net', {
 *   model,
 *   location: 'westeurope',
 *   host: ServerlessHost.containerApps({
 *     gpu: ContainerAppGpu.nvidiaT4(),
 *     image: ImageSource.fromRegistry('flowers.azurecr.io/runtime-gpu:1'),
 *   }),
 * });
 * ```
 */
export class ContainerAppGpu {
  /** NVIDIA T4 with 16 GB of GPU memory, 8 CPUs and 56 GiB of memory. */
  static nvidiaT4(): ContainerAppGpu {
    return new ContainerAppGpu('Consumption-GPU-NC8as-T4', 8, 56);
  }

  /** NVIDIA A100 with 80 GB of GPU memory, 24 CPUs and 220 GiB of memory. */
  static nvidiaA100(): ContainerAppGpu {
    return new ContainerAppGpu('Consumption-GPU-NC24-A100', 24, 220);
  }

  /** Another workload profile with a GPU, described by its type and all of its CPUs and GiB of memory. */
  static of(profileType: string, cpu: number, memoryGib: number): ContainerAppGpu {
    return new ContainerAppGpu(profileType, cpu, memoryGib);
  }

  private constructor(
    readonly profileType: string,
    readonly cpu: number,
    readonly memoryGib: number,
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
  readonly gpu?: ContainerAppGpu;

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

/**
 * Azure service that runs a `ServerlessModel`.
 *
 * @example
 * ```ts
 * import { ServerlessHost, ServerlessModel } from 'modelship/azure';
 *
 * new ServerlessModel(stack, 'Iris', { model, location: 'westeurope', host: ServerlessHost.containerApps({ cpu: 2 }) });
 * ```
 */
export class ServerlessHost {
  /**
   * Azure Functions on the Flex Consumption plan, for models that fit into the function's package. Needs no container
   * image.
   */
  static functionsFlexConsumption(options: FlexConsumptionOptions = {}): ServerlessHost {
    return new ServerlessHost(options, undefined);
  }

  /** Azure Container Apps, for containers, models of any size, GPUs and traffic splitting. */
  static containerApps(options: ContainerAppsOptions = {}): ServerlessHost {
    return new ServerlessHost(undefined, options);
  }

  private constructor(
    /** Options of Azure Functions. Unset for Container Apps. */
    readonly functionsOptions?: FlexConsumptionOptions,
    /** Options of Container Apps. Unset for Azure Functions. */
    readonly containerAppsOptions?: ContainerAppsOptions,
  ) {}
}
