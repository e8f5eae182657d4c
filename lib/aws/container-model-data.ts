import type { IAccessPoint, IFileSystem } from 'aws-cdk-lib/aws-efs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IAccessPointRef } from 'aws-cdk-lib/aws-s3files';
import type { S3FilesOrigin } from './s3-files-origin.js';

/**
 * Where tasks get the model from.
 *
 * @example
 * ```ts
 * import { ContainerModel, ContainerModelData } from 'modelship/aws';
 *
 * new ContainerModel(stack, 'Iris', { model, modelData: ContainerModelData.fromBucket(bucket, 'models/iris/1/') });
 * ```
 */
export class ContainerModelData {
  /** The package beside this app, uploaded to S3 and fetched by each task at its start. The default. */
  static fromPackage(): ContainerModelData {
    return new ContainerModelData('package');
  }

  /**
   * The same package under a prefix where a pipeline has put it. Use one that is never written again.
   *
   * @param prefix ends in a slash
   */
  static fromBucket(bucket: IBucket, prefix: string): ContainerModelData {
    return new ContainerModelData('bucket', bucket, prefix);
  }

  /**
   * The same package in a folder of an EFS file system, for models too large to be copied by each task. It is mounted
   * read-only, over TLS, as the task's role; its security groups let the tasks in at port 2049.
   *
   * @param folder from the access point's root, such as `iris/1`
   */
  static fromFileSystem(fileSystem: IFileSystem, accessPoint: IAccessPoint, folder: string): ContainerModelData {
    return new ContainerModelData('fileSystem', undefined, undefined, fileSystem, accessPoint, folder);
  }

  /**
   * The same package in a folder of S3 Files, the file system before a bucket: what a pipeline puts into the bucket is
   * there to be mounted, and no task copies all of it. It is mounted read-only, as the task's role. Security groups of
   * mount targets which the same app makes let the tasks in at port 2049; others must do so already.
   *
   * @param folder from the access point's root, such as `iris/1`
   * @param origin where the folder lies in S3. Default: everything is read by the file system
   */
  static fromS3Files(accessPoint: IAccessPointRef, folder: string, origin?: S3FilesOrigin): ContainerModelData {
    const { bucket, prefix } = origin ?? {};
    return new ContainerModelData('s3Files', bucket, prefix, undefined, undefined, folder, accessPoint);
  }

  /** The image holds the package, in the folder, and nothing is fetched. */
  static inImage(folder: string): ContainerModelData {
    return new ContainerModelData('image', undefined, undefined, undefined, undefined, folder);
  }

  private constructor(
    /** One of `package`, `bucket`, `fileSystem`, `s3Files` and `image`. */
    readonly kind: 'package' | 'bucket' | 'fileSystem' | 's3Files' | 'image',
    readonly bucket?: IBucket,
    readonly prefix?: string,
    readonly fileSystem?: IFileSystem,
    readonly accessPoint?: IAccessPoint,
    readonly folder?: string,
    readonly s3FilesAccessPoint?: IAccessPointRef,
  ) {}
}
