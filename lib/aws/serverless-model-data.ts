import type { IAccessPoint } from 'aws-cdk-lib/aws-efs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IAccessPointRef } from 'aws-cdk-lib/aws-s3files';
import type { S3FilesOrigin } from './s3-files-origin.js';

/**
 * Where the function gets the model from.
 *
 * @example
 * ```ts
 * import { ServerlessModel, ServerlessModelData } from 'modelship/aws';
 *
 * new ServerlessModel(stack, 'Iris', { model, modelData: ServerlessModelData.fromBucket(bucket, 'models/iris/1/') });
 * ```
 */
export class ServerlessModelData {
  /**
   * The package beside this app. An ONNX model is the function's code, or, above Lambda's 250 MiB, lies in the bucket of
   * CDK's assets and is fetched while an environment starts. A model that needs Python is in the function's image. The
   * default.
   */
  static fromPackage(): ServerlessModelData {
    return new ServerlessModelData('package');
  }

  /**
   * The same package under a prefix where a pipeline has put it, fetched while an environment starts. Use one that is
   * never written again.
   *
   * @param prefix ends in a slash
   */
  static fromBucket(bucket: IBucket, prefix: string): ServerlessModelData {
    return new ServerlessModelData('bucket', bucket, prefix);
  }

  /**
   * The same package in a folder of an EFS file system, for models that take too long to be fetched by each environment.
   * The function, which must have a `vpc` that the file system is in, may read and not write.
   *
   * @param folder from the access point's root, such as `iris/1`
   */
  static fromFileSystem(accessPoint: IAccessPoint, folder: string): ServerlessModelData {
    return new ServerlessModelData('fileSystem', undefined, undefined, accessPoint, folder);
  }

  /**
   * The same package in a folder of S3 Files, the file system before a bucket: what a pipeline puts into the bucket is
   * there to be mounted, and no environment fetches all of it. The function, which must have a `vpc` that the file system
   * is in, may read and not write. Security groups of mount targets which the same app makes let it in at port 2049;
   * others must do so already.
   *
   * @param folder from the access point's root, such as `iris/1`
   * @param origin where the folder lies in S3. Default: everything is read by the file system
   */
  static fromS3Files(accessPoint: IAccessPointRef, folder: string, origin?: S3FilesOrigin): ServerlessModelData {
    const { bucket, prefix } = origin ?? {};
    return new ServerlessModelData('s3Files', bucket, prefix, undefined, folder, accessPoint);
  }

  private constructor(
    /** One of `package`, `bucket`, `fileSystem` and `s3Files`. */
    readonly kind: 'package' | 'bucket' | 'fileSystem' | 's3Files',
    readonly bucket?: IBucket,
    readonly prefix?: string,
    readonly accessPoint?: IAccessPoint,
    readonly folder?: string,
    readonly s3FilesAccessPoint?: IAccessPointRef,
  ) {}
}
