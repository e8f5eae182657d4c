import type { BatchJobOptions } from '../serving/batch-job.js';
import type { Gpu } from './gpu.js';

/** Settings of a Cloud Run job. Each execution starts its own instances, and stops them when it ends. */
export interface JobOptions extends BatchJobOptions {
  /** Number of CPUs of each instance: 1, 2, 4, 6 or 8. @default - 1, or 4 with a GPU */
  readonly cpu?: number;
  /**
   * Memory of each instance, in MiB: 512 to 32768, within the range that `cpu` allows.
   *
   * @default - 1024, or 16384 with a GPU
   */
  readonly memoryMib?: number;
  /** GPU of each instance. The image must contain a runtime that uses it. @default - none */
  readonly gpu?: Gpu;
  /** Number of instances that share the files of one execution, 1 to 10000. @default 1 */
  readonly instanceCount?: number;
}

/** Settings of the compute of a batch. The member `kind` discriminates the union. */
export type BatchComputeSettings = { readonly kind: 'job'; readonly options: JobOptions };

/**
 * Compute that runs the predictions of a batch.
 *
 * @example
 * ```ts
 * import { BatchCompute, BatchModel } from 'modelship/gcp';
 *
 * const compute = BatchCompute.job({ model, instanceCount: 4 });
 * new BatchModel(stack, 'Batch', { compute, region: 'europe-west4', inputBucket: 'rows' });
 * ```
 */
export class BatchCompute {
  /** Runs a Cloud Run job on every file under a prefix. No compute runs or is billed between executions. */
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
