import type { BatchJobOptions } from '../serving/batch-job.js';
import type { Gpu } from './host-options.js';
import type { AzureSubnet } from './props.js';

/** Settings of a Container Apps job. Each execution starts its own replica, and stops it when it ends. */
export interface JobOptions extends BatchJobOptions {
  /** CPUs of the replica, 0.25 to 4 in steps of 0.25, each with 2 GiB of memory. Conflicts with `gpu`. @default 1 */
  readonly cpu?: number;
  /** GPU of the replica. The image must contain a runtime that uses the GPU. @default - none */
  readonly gpu?: Gpu;
  /**
   * Subnet of the Container Apps environment, delegated to `Microsoft.App/environments`.
   *
   * @default - a network managed by Azure
   */
  readonly subnet?: AzureSubnet;
}

/** Settings of the compute of a batch. The member `kind` discriminates the union. */
export type BatchComputeSettings = { readonly kind: 'job'; readonly options: JobOptions };

/**
 * Compute that runs the predictions of a batch.
 *
 * @example
 * ```ts
 * import { BatchCompute, BatchModel } from 'modelship/azure';
 *
 * const compute = BatchCompute.job({ model, cpu: 4 });
 * const id = '/subscriptions/…/storageAccounts/rows/blobServices/default/containers/files';
 * new BatchModel(stack, 'Batch', { compute, location: 'westeurope', inputContainer: { id } });
 * ```
 */
export class BatchCompute {
  /** Runs a Container Apps job on every file under a prefix. No compute runs or is billed between executions. */
  static job(options: JobOptions): BatchCompute {
    return new BatchCompute({ kind: 'job', options });
  }

  private constructor(
    /** Settings of the compute. Its member `kind` tells its type. */
    readonly settings: BatchComputeSettings,
  ) {}

  /** Kind of compute, the same as `settings.kind`. */
  get kind(): BatchComputeSettings['kind'] {
    return this.settings.kind;
  }
}
