import type { IAccessPoint, IFileSystem } from 'aws-cdk-lib/aws-efs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** Where tasks get the model from. */
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
   * The same package in a folder of a file system, for models too large to be copied by each task. It is mounted
   * read-only, over TLS, as the task's role.
   *
   * @param folder from the access point's root, such as `iris/1`
   */
  static fromFileSystem(fileSystem: IFileSystem, accessPoint: IAccessPoint, folder: string): ContainerModelData {
    return new ContainerModelData('fileSystem', undefined, undefined, fileSystem, accessPoint, folder);
  }

  /** The image holds the package, in the folder, and nothing is fetched. */
  static inImage(folder: string): ContainerModelData {
    return new ContainerModelData('image', undefined, undefined, undefined, undefined, folder);
  }

  private constructor(
    /** One of `package`, `bucket`, `fileSystem` and `image`. */
    readonly kind: 'package' | 'bucket' | 'fileSystem' | 'image',
    readonly bucket?: IBucket,
    readonly prefix?: string,
    readonly fileSystem?: IFileSystem,
    readonly accessPoint?: IAccessPoint,
    readonly folder?: string,
  ) {}
}
