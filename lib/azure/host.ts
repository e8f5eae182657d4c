import type { ImageSource } from '../serving/image-source.js';
import type { AzureSubnet } from './props.js';

/** How Azure Functions runs the model. */
export interface FlexConsumptionOptions {
  /** Memory of an instance in MiB: 512, 2048 or 4096; its processor grows with it. @default 2048 */
  readonly memoryMib?: number;

  /** Requests that an instance gets at once, 1 to 1000. The runtime batches them. @default 32 */
  readonly concurrency?: number;

  /**
   * Subnet that instances send traffic from, delegated to `Microsoft.App/environments`.
   *
   * @default - instances send to the internet
   */
  readonly subnet?: AzureSubnet;
}

/**
 * An accelerator of Container Apps, which scales to zero with the app.
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
  /** NVIDIA T4, 16 GB, with 8 CPUs and 56 GiB. */
  static nvidiaT4(): ContainerAppGpu {
    return new ContainerAppGpu('Consumption-GPU-NC8as-T4', 8, 56);
  }

  /** NVIDIA A100, 80 GB, with 24 CPUs and 220 GiB. */
  static nvidiaA100(): ContainerAppGpu {
    return new ContainerAppGpu('Consumption-GPU-NC24-A100', 24, 220);
  }

  /** Another workload profile with a GPU, by its type, and all the CPUs and GiB of memory that it has. */
  static of(profileType: string, cpu: number, memoryGib: number): ContainerAppGpu {
    return new ContainerAppGpu(profileType, cpu, memoryGib);
  }

  private constructor(
    readonly profileType: string,
    readonly cpu: number,
    readonly memoryGib: number,
  ) {}
}

/** How Azure Container Apps runs the model. */
export interface ContainerAppsOptions {
  /**
   * The container image of the runtime. From a registry on Azure, `AzureImage` gives the role to pull it.
   *
   * @default - AzureImage.fromAcrTask(): the runtime of this version, built at apply
   */
  readonly image?: ImageSource;

  /** CPUs of a replica, 0.25 to 4 in steps of 0.25, each with 2 GiB of memory. Not with `gpu`. @default 1 */
  readonly cpu?: number;

  /** Accelerator of each replica. The image must hold a runtime that uses it. @default - none */
  readonly gpu?: ContainerAppGpu;

  /** Requests at once for which another replica is started. @default 50 */
  readonly concurrency?: number;

  /**
   * Subnet of the environment, delegated to `Microsoft.App/environments`.
   *
   * @default - a network that Azure manages
   */
  readonly subnet?: AzureSubnet;

  /** Whether only the subnet's network reaches the model. Needs `subnet`. @default false */
  readonly internal?: boolean;

  /**
   * The revision that keeps the rest of the traffic during a canary: the `revision` of the deployment before. A second
   * apply with `Rollout.allAtOnce()` ends the canary.
   *
   * @default - none
   */
  readonly stableRevision?: string;

  /**
   * Text that sets the name of the revision apart from an earlier one with the same content. Change it to go back to an
   * earlier model: Container Apps deploys a revision of a given name once.
   *
   * @default - the revision's name comes from its content alone
   */
  readonly versionSalt?: string;
}

/**
 * What runs a `ServerlessModel`.
 *
 * @example
 * ```ts
 * import { ServerlessHost, ServerlessModel } from 'modelship/azure';
 *
 * new ServerlessModel(stack, 'Iris', { model, location: 'westeurope', host: ServerlessHost.containerApps({ cpu: 2 }) });
 * ```
 */
export class ServerlessHost {
  /** Azure Functions on the Flex Consumption plan: no container, models that fit into the function's package. */
  static functionsFlexConsumption(options: FlexConsumptionOptions = {}): ServerlessHost {
    return new ServerlessHost(options, undefined);
  }

  /** Azure Container Apps: containers, models of any size, GPUs and shares of traffic. */
  static containerApps(options: ContainerAppsOptions = {}): ServerlessHost {
    return new ServerlessHost(undefined, options);
  }

  private constructor(
    /** Set for Azure Functions. */
    readonly functionsOptions?: FlexConsumptionOptions,
    /** Set for Container Apps. */
    readonly containerAppsOptions?: ContainerAppsOptions,
  ) {}
}
