import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { PREFIX } from './private/shared/paths.js';

/**
 * Where SageMaker gets the model from, to lay it into `/opt/ml/model`.
 *
 * @example
 * ```ts
 * import { EndpointModelData, ManagedEndpointModel } from 'modelship/aws';
 *
 * new ManagedEndpointModel(stack, 'Iris', { model, modelData: EndpointModelData.fromBucket(bucket, 'models/iris/1/') });
 * ```
 */
export class EndpointModelData {
  /** The package beside this app, uploaded as one `.tar.gz`. Works in every mode. The default. */
  static fromPackage(): EndpointModelData {
    return new EndpointModelData('package');
  }

  /**
   * The same package, file by file, under a prefix where `modelship push` or a pipeline has put it. Nothing is
   * uploaded or unpacked, which is quicker for large models. Not with serverless endpoints. Use a prefix that is never
   * written again, such as one with the digest in it.
   *
   * @throws Error if `prefix` does not end in a slash
   */
  static fromBucket(bucket: IBucket, prefix: string): EndpointModelData {
    return new EndpointModelData('prefix', bucket, checkedPrefix(prefix));
  }

  /**
   * Any number of packages, each a `.tar.gz` under the prefix. Callers name the one they ask in `TargetModel`, and it
   * is loaded when it is first asked for. The model of the props only names the endpoint. With EndpointMode.realTime() only,
   * and no shadow: https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html.
   *
   * @throws Error if `prefix` does not end in a slash
   */
  static multiModel(bucket: IBucket, prefix: string): EndpointModelData {
    return new EndpointModelData('multiModel', bucket, checkedPrefix(prefix));
  }

  private constructor(
    /** One of `package`, `prefix` and `multiModel`. */
    readonly kind: 'package' | 'prefix' | 'multiModel',
    /** Set unless `kind` is `package`. */
    readonly bucket?: IBucket,
    /** Ends in a slash. Set unless `kind` is `package`. */
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
