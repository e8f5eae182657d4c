import type { Size } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Model } from '../model/model.js';

/** Additional model behind the same endpoint, which receives a share of the traffic. */
export interface EndpointVariant {
  /** Name of the variant. Keep it the same across versions; otherwise a deployment cannot shift traffic gradually. */
  readonly name: string;
  /** Model package that the variant serves. */
  readonly model: Model;
  /** Traffic weight, 0 or more. The weight of the main model is `RealTimeOptions.weight`. @default 1 */
  readonly weight?: number;
  /** Instance type, such as `ml.c7g.large`. @default - the instance type of the main model */
  readonly instanceType?: string;
}

/** Model that receives a copy of the traffic. Its responses are discarded, and only its metrics are recorded. */
export interface ShadowVariant {
  /** Name of the variant. */
  readonly name: string;
  /** Model package that the variant serves. */
  readonly model: Model;
  /** Percentage of requests to copy, 1 to 100. It cannot be a token. @default 100 */
  readonly samplingPercent?: number;
  /** Instance type, such as `ml.c7g.large`. @default - the instance type of the main model */
  readonly instanceType?: string;
  /** Number of instances. @default 1 */
  readonly instanceCount?: number;
}

/** Settings of real-time inference on instances. */
export interface RealTimeOptions {
  /**
   * Instance type, such as `ml.c7g.large` or `ml.g5.xlarge`.
   *
   * @default - ml.c7g.large, or ml.c7i.large for servers without an Arm image
   */
  readonly instanceType?: string;
  /**
   * Host AMI of the instances, such as `al2-ami-sagemaker-inference-gpu-3-1`. It determines the GPU driver version.
   * Names and drivers: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
   *
   * @default - `al2-ami-sagemaker-inference-gpu-3-1` (driver 550) for g4dn, g5, p4d and p4de, whose default driver is
   * too old for CUDA 12; otherwise SageMaker's default AMI
   */
  readonly inferenceAmiVersion?: string;
  /** Target number of concurrent requests per instance. The endpoint scales out above it. @default 8 */
  readonly targetConcurrency?: number;
  /**
   * Size of the storage volume per instance, 1 to 512 GiB. Instance types with local storage do not support it.
   *
   * @default - SageMaker's default for the instance type
   */
  readonly volumeSize?: Size;
  /** Traffic weight of the main model relative to `variants`. It cannot be a token if `shadow` is set. @default 1 */
  readonly weight?: number;
  /**
   * Additional models that share the traffic, at most 9. Each scales from `minReplicas` to `maxReplicas`.
   *
   * @default - none
   */
  readonly variants?: EndpointVariant[];
  /** Model that receives a copy of the traffic. It cannot be combined with `variants`. @default - none */
  readonly shadow?: ShadowVariant;
}

/** Settings of serverless inference, which has no instances and is billed while a request runs. */
export interface ServerlessEndpointOptions {
  /** Memory in MiB: 1024, 2048, 3072, 4096, 5120 or 6144. CPU is allocated in proportion. @default 2048 */
  readonly memoryMib?: number;
  /**
   * Maximum provisioned concurrency under load. It scales between `minReplicas` and this value.
   *
   * @default - `minReplicas`, so the provisioned concurrency is fixed
   */
  readonly maxProvisionedConcurrency?: number;
}

/**
 * Settings of asynchronous inference, which queues requests in S3. A request may have up to 1 GB and take up to 1 hour.
 */
export interface AsynchronousOptions {
  /** Bucket that receives the responses. */
  readonly outputBucket: IBucket;
  /** Key prefix of the responses. @default async/output/ */
  readonly outputPrefix?: string;
  /** Bucket that callers upload their requests to. @default - the output bucket */
  readonly inputBucket?: IBucket;
  /** Key prefix of the requests. @default async/input/ */
  readonly inputPrefix?: string;
  /** SNS topic notified of each successful invocation. @default - none */
  readonly successTopic?: ITopic;
  /** SNS topic notified of each failed invocation. @default - none */
  readonly errorTopic?: ITopic;
  /** Maximum number of concurrent requests per instance, 1 to 1000. @default - SageMaker chooses */
  readonly maxConcurrency?: number;
  /** Host AMI of the instances. It determines the GPU driver version. @default - same as in RealTimeOptions */
  readonly inferenceAmiVersion?: string;
  /** Target number of queued requests per instance. The endpoint scales out above it. @default 5 */
  readonly backlogPerInstance?: number;
  /**
   * Instance type, such as `ml.c7g.large`.
   *
   * @default - ml.c7g.large, or ml.c7i.large for servers without an Arm image
   */
  readonly instanceType?: string;
}

/** LoRA adapter, which fine-tunes the model of an inference component and shares its copies. */
export interface LoraAdapter {
  /** Name of the adapter's inference component, to which callers send requests for the adapter. */
  readonly name: string;
  /** Bucket of the adapter's files. */
  readonly bucket: IBucket;
  /** Key of the adapter's files, a `.tar.gz`. */
  readonly key: string;
}

/** Settings of inference components: copies of the model share instances, whose number scales with the copies. */
export interface InferenceComponentOptions {
  /**
   * Instance type, such as `ml.g5.12xlarge`.
   *
   * @default - ml.c7g.xlarge, or ml.c7i.xlarge for servers without an Arm image
   */
  readonly instanceType?: string;
  /** Host AMI of the instances. It determines the GPU driver version. @default - same as in RealTimeOptions */
  readonly inferenceAmiVersion?: string;
  /** Minimum number of instances, 0 or more. @default - 0 if `minReplicas` is 0, else 1 */
  readonly minInstances?: number;
  /** Maximum number of instances. @default - one per copy, so `maxReplicas` */
  readonly maxInstances?: number;
  /** Memory reserved per copy in MiB, at least 128. @default 1024 */
  readonly memoryMib?: number;
  /** CPUs reserved per copy, at least 0.25. @default 1 */
  readonly cpu?: number;
  /** GPUs reserved per copy. @default 0 */
  readonly gpuCount?: number;
  /**
   * LoRA adapters of the model. Each is an inference component of its own, without copies or instances of its own. The
   * server must be able to load adapters, as AWS's Large Model Inference (LMI) containers are.
   *
   * @default - none
   */
  readonly adapters?: LoraAdapter[];
  /** Target number of concurrent requests per copy. The component scales out above it. @default 8 */
  readonly targetConcurrency?: number;
}

/** Settings of an inference mode. The member `kind` discriminates the union. */
export type EndpointModeSettings =
  | { readonly kind: 'realTime'; readonly options: RealTimeOptions }
  | { readonly kind: 'serverless'; readonly options: ServerlessEndpointOptions }
  | { readonly kind: 'asynchronous'; readonly options: AsynchronousOptions }
  | { readonly kind: 'inferenceComponents'; readonly options: InferenceComponentOptions };

/**
 * Inference mode of a SageMaker endpoint.
 *
 * @example
 * ```ts
 * import { EndpointMode, ManagedEndpointModel } from 'modelship/aws';
 *
 * new ManagedEndpointModel(stack, 'Iris', { model, mode: EndpointMode.serverless({ memoryMib: 3072 }) });
 * ```
 */
export class EndpointMode {
  /**
   * Uses real-time inference on instances, with at least one instance running. `minReplicas` and `maxReplicas` count
   * instances. Requests are limited to 6 MB and 60 seconds.
   */
  static realTime(options: RealTimeOptions = {}): EndpointMode {
    return new EndpointMode({ kind: 'realTime', options });
  }

  /**
   * Uses serverless inference, which has no instances and costs nothing when idle. `minReplicas` (0 by default) is the
   * provisioned concurrency, which is billed when idle, and `maxReplicas` the maximum concurrency. Requests are limited
   * to 4 MB and 60 seconds. GPUs and VPCs are not supported.
   */
  static serverless(options: ServerlessEndpointOptions = {}): EndpointMode {
    return new EndpointMode({ kind: 'serverless', options });
  }

  /**
   * Uses asynchronous inference, with requests and responses stored in S3. It can scale in to zero instances. The first
   * request after that waits several minutes until an instance has started.
   */
  static asynchronous(options: AsynchronousOptions): EndpointMode {
    return new EndpointMode({ kind: 'asynchronous', options });
  }

  /**
   * Uses inference components: copies of the model share instances. `minReplicas` and `maxReplicas` count copies. With
   * `minReplicas: 0` both copies and instances scale in to zero. The first requests then fail until an instance has
   * started, which takes minutes, so clients must retry.
   */
  static inferenceComponents(options: InferenceComponentOptions = {}): EndpointMode {
    return new EndpointMode({ kind: 'inferenceComponents', options });
  }

  private constructor(
    /** Settings of the mode. Its member `kind` tells its type. */
    readonly settings: EndpointModeSettings,
  ) {}

  /** Kind of mode, the same as `settings.kind`. */
  get kind(): EndpointModeSettings['kind'] {
    return this.settings.kind;
  }
}
