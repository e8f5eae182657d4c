import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Model } from '../model/model.js';

/** Another model behind the same endpoint, which gets a share of the traffic. */
export interface EndpointVariant {
  /** Stays the same from version to version, or a deployment cannot move traffic gradually. */
  readonly name: string;
  readonly model: Model;
  /** Weight of its share, 0 or more. The endpoint's own model has `RealTimeOptions.weight`. @default 1 */
  readonly weight?: number;
  /** Such as `ml.c7g.large`. @default - that of the endpoint's own model */
  readonly instanceType?: string;
}

/** A model that gets a copy of the traffic, and whose answers nobody sees but the metrics. */
export interface ShadowVariant {
  readonly name: string;
  readonly model: Model;
  /** Share of the requests that are copied, in percent, 1 to 100; no token. @default 100 */
  readonly samplingPercent?: number;
  /** Such as `ml.c7g.large`. @default - that of the endpoint's own model */
  readonly instanceType?: string;
  /** @default 1 */
  readonly instanceCount?: number;
}

/** Instances that answer at once. */
export interface RealTimeOptions {
  /** Such as `ml.c7g.large` or `ml.g5.xlarge`. @default - ml.c7g.large, and ml.c7i.large for servers without an image for Arm */
  readonly instanceType?: string;
  /**
   * Image of the instances' host, which decides the driver of its GPUs, such as
   * `al2-ami-sagemaker-inference-gpu-3-1`. Names and drivers:
   * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
   *
   * @default - `al2-ami-sagemaker-inference-gpu-3-1` (driver 550) for g4dn, g5, p4d and p4de, whose own driver is too old
   * for CUDA 12; else SageMaker's own
   */
  readonly inferenceAmiVersion?: string;
  /** Requests each instance may have in flight before instances are added. @default 8 */
  readonly concurrencyPerInstance?: number;
  /** Disk of an instance, in GiB, 1 to 512. Not of types that have their own. @default - what SageMaker gives the instance type */
  readonly volumeGib?: number;
  /** Weight of the endpoint's own model beside `variants`; no token beside a `shadow`. @default 1 */
  readonly weight?: number;
  /** Other models that share the traffic; at most nine. Each has `minReplicas` to `maxReplicas`. @default - none */
  readonly variants?: EndpointVariant[];
  /** A model that gets a copy of the traffic. It excludes `variants`. @default - none */
  readonly shadow?: ShadowVariant;
}

/** No instances: memory and concurrency, billed while a request runs. */
export interface ServerlessEndpointOptions {
  /** 1024, 2048, 3072, 4096, 5120 or 6144. CPU grows with it. @default 2048 */
  readonly memoryMib?: number;
  /**
   * Up to how many warm copies are kept when many ask. `minReplicas` are kept always.
   *
   * @default - `minReplicas`, so that their number is fixed
   */
  readonly maxProvisionedConcurrency?: number;
}

/** Requests that lie in S3 and are worked off one after another, up to 1 GB and an hour each. */
export interface AsynchronousOptions {
  /** Where answers are written. */
  readonly outputBucket: IBucket;
  /** @default async/output/ */
  readonly outputPrefix?: string;
  /** Where callers put their requests. @default - the output bucket */
  readonly inputBucket?: IBucket;
  /** @default async/input/ */
  readonly inputPrefix?: string;
  /** Told of each answer. @default - nobody */
  readonly successTopic?: ITopic;
  /** Told of each failure. @default - nobody */
  readonly errorTopic?: ITopic;
  /** Requests an instance gets at once, 1 to 1000. @default - SageMaker chooses */
  readonly concurrencyPerInstance?: number;
  /** Image of the instances' host, which decides the driver of its GPUs. @default - as RealTimeOptions has it */
  readonly inferenceAmiVersion?: string;
  /** Requests that wait for each instance before instances are added. @default 5 */
  readonly backlogPerInstance?: number;
  /** Such as `ml.c7g.large`. @default - ml.c7g.large, and ml.c7i.large for servers without an image for Arm */
  readonly instanceType?: string;
}

/** Copies of the model that are packed onto instances, which come and go with them. */
export interface InferenceComponentOptions {
  /** Such as `ml.g5.12xlarge`. @default - ml.c7g.xlarge, and ml.c7i.xlarge for servers without an image for Arm */
  readonly instanceType?: string;
  /** Image of the instances' host, which decides the driver of its GPUs. @default - as RealTimeOptions has it */
  readonly inferenceAmiVersion?: string;
  /** At least this many instances, 0 or more. @default - 0 if `minReplicas` is 0, else 1 */
  readonly minInstances?: number;
  /** @default - as many as `maxReplicas` copies may need, one each */
  readonly maxInstances?: number;
  /** Memory a copy may use, in MiB, at least 128. @default 1024 */
  readonly memoryMib?: number;
  /** CPUs a copy has for itself, at least 0.25. @default 1 */
  readonly cpu?: number;
  /** GPUs a copy has for itself. @default 0 */
  readonly gpuCount?: number;
  /** Requests each copy may have in flight before copies are added. @default 8 */
  readonly concurrencyPerCopy?: number;
}

/**
 * How SageMaker runs a model.
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
   * Instances that answer at once; at least one always runs. `minReplicas` and `maxReplicas` count instances. Requests
   * may have 6 MB and 60 seconds.
   */
  static realTime(options: RealTimeOptions = {}): EndpointMode {
    return new EndpointMode('realTime', options);
  }

  /**
   * No instances, and nothing to pay while nobody asks. `minReplicas` (0 by default) are kept warm as provisioned
   * concurrency, `maxReplicas` run at once. Requests may have 4 MB and 60 seconds; no GPU, no VPC.
   */
  static serverless(options: ServerlessEndpointOptions = {}): EndpointMode {
    return new EndpointMode('serverless', undefined, options);
  }

  /**
   * Requests lie in S3 and so do the answers. Scales to zero instances; the first request after that waits the minutes
   * that an instance takes to start.
   */
  static asynchronous(options: AsynchronousOptions): EndpointMode {
    return new EndpointMode('asynchronous', undefined, undefined, options);
  }

  /**
   * Copies of the model, counted by `minReplicas` and `maxReplicas`, share instances. With `minReplicas: 0` both go to
   * zero; then the first requests fail until an instance has started, which takes minutes, and clients must try again.
   */
  static inferenceComponents(options: InferenceComponentOptions = {}): EndpointMode {
    return new EndpointMode('inferenceComponents', undefined, undefined, undefined, options);
  }

  private constructor(
    /** One of `realTime`, `serverless`, `asynchronous` and `inferenceComponents`. */
    readonly kind: 'realTime' | 'serverless' | 'asynchronous' | 'inferenceComponents',
    /** Set when `kind` is `realTime`. */
    readonly realTimeOptions?: RealTimeOptions,
    /** Set when `kind` is `serverless`. */
    readonly serverlessOptions?: ServerlessEndpointOptions,
    /** Set when `kind` is `asynchronous`. */
    readonly asynchronousOptions?: AsynchronousOptions,
    /** Set when `kind` is `inferenceComponents`. */
    readonly inferenceComponentOptions?: InferenceComponentOptions,
  ) {}
}
