import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { PREFIX } from './private/shared/paths.js';

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
    return new EndpointModelData('package');
  }

  /**
   * Uses the unpacked files of a model package under an S3 prefix, uploaded there by `modelship push` or a pipeline.
   * Deployment uploads nothing and SageMaker unpacks nothing, which is faster for large models. Serverless endpoints do
   * not support it. Use a prefix that is never overwritten, such as one that contains the digest.
   *
   * @throws Error if `prefix` does not end in a slash
   */
  static fromBucket(bucket: IBucket, prefix: string): EndpointModelData {
    return new EndpointModelData('prefix', bucket, checkedPrefix(prefix));
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
    return new EndpointModelData('multiModel', bucket, checkedPrefix(prefix));
  }

  private constructor(
    /** Kind of source: `package`, `prefix` or `multiModel`. */
    readonly kind: 'package' | 'prefix' | 'multiModel',
    /** Bucket of the model. Set unless `kind` is `package`. */
    readonly bucket?: IBucket,
    /** Key prefix with a trailing slash. Set unless `kind` is `package`. */
    readonly prefix?: string,
  ) {}
}

function checkedPrefix(prefix: string): string {
  if (!prefix.includes('${') && !PREFIX.pattern.test(prefix)) {
    throw new Error(
      `got the prefix ${JSON.stringify(prefix)}; SageMaker allows one that ends in a slash and does not start with one, such as models/iris/`,
    );
  }
  return prefix;
}
