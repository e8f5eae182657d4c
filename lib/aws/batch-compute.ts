import type { Model } from '../model/model.js';
import type { ImageSource } from '../serving/image-source.js';
import type { ContainerModel } from './container-model.js';
import type { ServerlessModel } from './serverless-model.js';

/** How rows reach a service that runs already. */
export interface BatchRequestOptions {
  /** Rows of one request, 1 to 10000; fewer where they or their predictions might have more than 256 KiB. @default 100 */
  readonly rowsPerRequest?: number;
  /**
   * Requests in flight at once, 1 to 10000. What the service throttles is tried again.
   *
   * @default 10
   */
  readonly concurrency?: number;
  /** Share of the requests that may fail before the whole is given up, in percent, 0 to 100. @default 0 */
  readonly toleratedFailurePercent?: number;
}

/** Instances that SageMaker starts for one job and stops after it. */
export interface TransformOptions {
  readonly model: Model;
  /** The image of Modelship's runtime, which must be in ECR. @default AwsImage.fromAsset() */
  readonly image?: ImageSource;
  /** Such as `ml.m5.large`. Of what batch transform has, which are not all that endpoints have. @default ml.m5.large */
  readonly instanceType?: string;
  /**
   * Image of the instances' host, which decides the driver of its GPUs, such as `al2-ami-sagemaker-batch-gpu-535`.
   *
   * @default - `al2-ami-sagemaker-batch-gpu-535` for g4dn, g5, p4d and p4de, whose own driver is too old for CUDA 12; else
   * SageMaker's own
   */
  readonly transformAmiVersion?: string;
  /** Instances that share the objects of one job, 1 to 100. @default 1 */
  readonly instanceCount?: number;
  /** Requests that an instance has in flight, 1 to 100. @default 4 */
  readonly concurrencyPerInstance?: number;
  /** Seconds after which a request is given up, 1 to 3600. @default 600 */
  readonly timeoutSeconds?: number;
}

/**
 * What answers the rows of a batch.
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
  /** A function that is there, by its API: a Distributed Map of Step Functions sends it the rows of a file. */
  static serverless(service: ServerlessModel, options: BatchRequestOptions = {}): BatchCompute {
    return new BatchCompute('service', service, options);
  }

  /** A service on ECS that is there, by its API: a Distributed Map of Step Functions sends it the rows of a file. */
  static container(service: ContainerModel, options: BatchRequestOptions = {}): BatchCompute {
    return new BatchCompute('service', service, options);
  }

  /** A batch transform job of SageMaker, for every object under a prefix: nothing runs, and is paid, between two. */
  static transform(options: TransformOptions): BatchCompute {
    return new BatchCompute('transform', undefined, undefined, options);
  }

  private constructor(
    /** One of `service` and `transform`. */
    readonly kind: 'service' | 'transform',
    /** Set when `kind` is `service`. */
    readonly service?: ServerlessModel | ContainerModel,
    /** Set when `kind` is `service`. */
    readonly requestOptions?: BatchRequestOptions,
    /** Set when `kind` is `transform`. */
    readonly transformOptions?: TransformOptions,
  ) {}
}
