import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ImageSource } from '../serving/image-source.js';
import { PREFIX } from './private/shared/paths.js';

/** Container of an inference pipeline that processes requests before the model, or responses after it. */
export interface PipelineContainer {
  /**
   * Image in ECR. Its server listens on the port in `SAGEMAKER_BIND_TO_PORT`, and its label
   * `com.amazonaws.sagemaker.capabilities.accept-bind-to-port` is `true`.
   */
  readonly image: ImageSource;
  /** Bucket of the archive that SageMaker unpacks to `/opt/ml/model`. Requires `key`. @default - no archive */
  readonly bucket?: IBucket;
  /** Key of the archive, a `.tar.gz`. Requires `bucket`. @default - no archive */
  readonly key?: string;
  /** Environment variables of the container. @default - none */
  readonly environment?: { [name: string]: string };
}

/** Containers around the model in an inference pipeline. Each receives the response of the one before. */
export interface PipelineOptions {
  /** Containers that process a request before the model. @default - none */
  readonly before?: PipelineContainer[];
  /** Containers that process the model's response. @default - none */
  readonly after?: PipelineContainer[];
}

/** Settings of a source of the model. The member `kind` discriminates the union. */
export type EndpointModelDataSettings =
  | { readonly kind: 'package' }
  | {
      readonly kind: 'prefix' | 'multiModel';
      readonly bucket: IBucket;
      /** Key prefix with a trailing slash. */
      readonly prefix: string;
    }
  | {
      readonly kind: 'modelPackage';
      /** ARN of the version in the model registry. */
      readonly modelPackageArn: string;
    }
  | { readonly kind: 'pipeline'; readonly options: PipelineOptions };

/**
 * Source of the model that SageMaker copies to `/opt/ml/model`.
 *
 * @example
 * ```ts
 * import { EndpointModelData, ManagedEndpointModel } from 'modelship/aws';
 *
 * new ManagedEndpointModel(stack, 'Iris', { model, modelData: EndpointModelData.fromBucket(bucket, 'models/iris/1/') });
 * ```
 */
export class EndpointModelData {
  /** Uses the local model package, uploaded as a single `.tar.gz`. Works in every mode. The default. */
  static fromPackage(): EndpointModelData {
    return new EndpointModelData({ kind: 'package' });
  }

  /**
   * Uses the unpacked files of a model package under an S3 prefix, uploaded there by `modelship push` or a pipeline.
   * Deployment uploads nothing and SageMaker unpacks nothing, which is faster for large models. Serverless endpoints do
   * not support it. Use a prefix that is never overwritten, such as one that contains the digest.
   *
   * @throws Error if `prefix` does not end in a slash
   */
  static fromBucket(bucket: IBucket, prefix: string): EndpointModelData {
    return new EndpointModelData({ kind: 'prefix', bucket, prefix: checkedPrefix(prefix) });
  }

  /**
   * Serves any number of model packages, each a `.tar.gz` under the prefix. Callers select a package with
   * `TargetModel`, and SageMaker loads it on its first invocation. The `model` prop only names the endpoint. It
   * requires `EndpointMode.realTime()` without a shadow:
   * https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html.
   *
   * @throws Error if `prefix` does not end in a slash
   */
  static multiModel(bucket: IBucket, prefix: string): EndpointModelData {
    return new EndpointModelData({ kind: 'multiModel', bucket, prefix: checkedPrefix(prefix) });
  }

  /**
   * Uses a version of a model package in the SageMaker Model Registry, or a subscription of AWS Marketplace. The version
   * must be approved. It brings its own image and files, so the `model` prop only names the endpoint; set an instance
   * type that it supports. Grant access to its files and image to `endpoint.role`. SageMaker requires network isolation
   * for packages of AWS Marketplace.
   *
   * @param modelPackageArn ARN of the version, such as `arn:aws:sagemaker:eu-west-1:123456789012:model-package/iris/3`
   */
  static fromModelPackage(modelPackageArn: string): EndpointModelData {
    return new EndpointModelData({ kind: 'modelPackage', modelPackageArn });
  }

  /**
   * Uses the local model package in an inference pipeline of 2 to 15 containers on the same instance. Serverless
   * endpoints do not support it.
   */
  static pipeline(options: PipelineOptions): EndpointModelData {
    return new EndpointModelData({ kind: 'pipeline', options });
  }

  private constructor(
    /** Settings of the source. Its member `kind` tells its type. */
    readonly settings: EndpointModelDataSettings,
  ) {}

  /** Kind of source, the same as `settings.kind`. */
  get kind(): EndpointModelDataSettings['kind'] {
    return this.settings.kind;
  }
}

function checkedPrefix(prefix: string): string {
  if (!prefix.includes('${') && !PREFIX.pattern.test(prefix)) {
    throw new Error(
      `got the prefix ${JSON.stringify(prefix)}; a prefix must end with a slash and not start with one, such as ` +
        `models/iris/`,
    );
  }
  return prefix;
}
