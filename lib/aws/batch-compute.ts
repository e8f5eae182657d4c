import type { Model } from '../model/model.js';
import type { ImageSource } from '../serving/image-source.js';
import type { ContainerModel } from './container-model.js';
import type { ServerlessModel } from './serverless-model.js';

/** Settings of the requests that a batch sends to a deployed model. */
export interface BatchRequestOptions {
  /**
   * Maximum number of rows per request, 1 to 10000. A request has fewer if its rows or predictions could exceed 256
   * KiB.
   *
   * @default 100
   */
  readonly rowsPerRequest?: number;
  /**
   * Maximum number of concurrent requests, 1 to 10000. Throttled requests are retried.
   *
   * @default 10
   */
  readonly maxConcurrency?: number;
  /** Percentage of requests that may fail before the execution fails, 0 to 100. @default 0 */
  readonly toleratedFailurePercent?: number;
}

/** Settings of a SageMaker batch transform job, which starts its own instances and stops them when it ends. */
export interface TransformOptions {
  /** Model package to run. */
  readonly model: Model;
  /** Image of Modelship's runtime. It must be in ECR. @default AwsImage.fromAsset() */
  readonly image?: ImageSource;
  /**
   * Instance type, such as `ml.m5.large`. Batch transform does not offer every instance type that endpoints do.
   *
   * @default ml.m5.large
   */
  readonly instanceType?: string;
  /**
   * Host AMI of the instances, such as `al2-ami-sagemaker-batch-gpu-535`. It determines the GPU driver version.
   *
   * @default - `al2-ami-sagemaker-batch-gpu-535` for g4dn, g5, p4d and p4de, whose default driver is too old for CUDA
   * 12; otherwise SageMaker's default AMI
   */
  readonly transformAmiVersion?: string;
  /** Number of instances that share the objects of one job, 1 to 100. @default 1 */
  readonly instanceCount?: number;
  /** Maximum number of concurrent requests per instance, 1 to 100. @default 4 */
  readonly maxConcurrency?: number;
  /** Seconds until a request times out, 1 to 3600. @default 600 */
  readonly timeoutSeconds?: number;
}

/** Settings of the compute of a batch. The member `kind` discriminates the union. */
export type BatchComputeSettings =
  | {
      readonly kind: 'service';
      /** Model that receives the requests. */
      readonly service: ServerlessModel | ContainerModel;
      readonly options: BatchRequestOptions;
    }
  | { readonly kind: 'transform'; readonly options: TransformOptions };

/**
 * Compute that runs the predictions of a batch.
 *
 * @example
 * ```ts
 * import { BatchCompute, BatchModel, ServerlessModel } from 'modelship/aws';
 *
 * const endpoint = new ServerlessModel(stack, 'Iris', { model });
 * new BatchModel(stack, 'Batch', { compute: BatchCompute.serverless(endpoint), inputBucket: bucket });
 * ```
 */
export class BatchCompute {
  /** Uses the API of a model on Lambda. A Step Functions Distributed Map sends it the rows of a file. */
  static serverless(service: ServerlessModel, options: BatchRequestOptions = {}): BatchCompute {
    return new BatchCompute({ kind: 'service', service, options });
  }

  /** Uses the API of a model on ECS. A Step Functions Distributed Map sends it the rows of a file. */
  static container(service: ContainerModel, options: BatchRequestOptions = {}): BatchCompute {
    return new BatchCompute({ kind: 'service', service, options });
  }

  /** Runs a SageMaker batch transform job on every object under a prefix. No compute runs or is billed between jobs. */
  static transform(options: TransformOptions): BatchCompute {
    return new BatchCompute({ kind: 'transform', options });
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
