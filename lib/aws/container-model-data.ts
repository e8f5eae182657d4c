import type { IAccessPoint, IFileSystem } from 'aws-cdk-lib/aws-efs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IAccessPointRef } from 'aws-cdk-lib/aws-s3files';
import type { S3FilesOrigin } from './s3-files-origin.js';

/** Settings of a source that tasks load the model from. The member `kind` discriminates the union. */
export type ContainerModelDataSettings =
  | { readonly kind: 'package' }
  | { readonly kind: 'bucket'; readonly bucket: IBucket; readonly prefix: string }
  | {
      readonly kind: 'fileSystem';
      readonly fileSystem: IFileSystem;
      readonly accessPoint: IAccessPoint;
      readonly folder: string;
    }
  | {
      readonly kind: 's3Files';
      readonly accessPoint: IAccessPointRef;
      readonly folder: string;
      readonly origin?: S3FilesOrigin;
    }
  | { readonly kind: 'image'; readonly folder: string };

/**
 * Source that tasks load the model from.
 *
 * @example
 * ```ts
 * import { ContainerModel, ContainerModelData } from 'modelship/aws';
 *
 * new ContainerModel(stack, 'Iris', { model, modelData: ContainerModelData.fromBucket(bucket, 'models/iris/1/') });
 * ```
 */
export class ContainerModelData {
  /**
   * Uses the local model package. It is uploaded to S3 at deployment, and each task downloads it at start. The default.
   */
  static fromPackage(): ContainerModelData {
    return new ContainerModelData({ kind: 'package' });
  }

  /**
   * Uses the model package under an S3 prefix, uploaded there by a pipeline. Use a prefix that is never overwritten.
   *
   * @param prefix Key prefix, with a trailing slash.
   */
  static fromBucket(bucket: IBucket, prefix: string): ContainerModelData {
    return new ContainerModelData({ kind: 'bucket', bucket, prefix });
  }

  /**
   * Uses the model package in a folder of an EFS file system, for models too large to be copied by each task. Tasks
   * mount it read-only over TLS, with the task role. The construct allows the tasks on port 2049 of the file system's
   * security groups.
   *
   * @param folder Path relative to the root of the access point, such as `iris/1`.
   */
  static fromFileSystem(fileSystem: IFileSystem, accessPoint: IAccessPoint, folder: string): ContainerModelData {
    return new ContainerModelData({ kind: 'fileSystem', fileSystem, accessPoint, folder });
  }

  /**
   * Uses the model package in a folder of Amazon S3 Files, which presents a bucket as a file system. Objects that a
   * pipeline uploads to the bucket appear in the file system, and no task has to copy all of them. Tasks mount it
   * read-only, with the task role. The construct allows the tasks on port 2049 of mount targets that this app creates.
   * Security groups of other mount targets must already allow it.
   *
   * @param folder Path relative to the root of the access point, such as `iris/1`.
   * @param origin S3 location of the folder. Default: all reads go through the file system.
   */
  static fromS3Files(accessPoint: IAccessPointRef, folder: string, origin?: S3FilesOrigin): ContainerModelData {
    return new ContainerModelData({ kind: 's3Files', accessPoint, folder, origin });
  }

  /** Uses the model package in a folder of the image. Tasks download nothing. */
  static inImage(folder: string): ContainerModelData {
    return new ContainerModelData({ kind: 'image', folder });
  }

  private constructor(
    /** Settings of the source. Its member `kind` tells its type. */
    readonly settings: ContainerModelDataSettings,
  ) {}

  /** Kind of source, the same as `settings.kind`. */
  get kind(): ContainerModelDataSettings['kind'] {
    return this.settings.kind;
  }
}
