import type { IAccessPoint } from 'aws-cdk-lib/aws-efs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IAccessPointRef } from 'aws-cdk-lib/aws-s3files';
import type { S3FilesOrigin } from './s3-files-origin.js';

/** Settings of a source that a function loads the model from. The member `kind` discriminates the union. */
export type ServerlessModelDataSettings =
  | { readonly kind: 'package' }
  | { readonly kind: 'bucket'; readonly bucket: IBucket; readonly prefix: string }
  | { readonly kind: 'fileSystem'; readonly accessPoint: IAccessPoint; readonly folder: string }
  | {
      readonly kind: 's3Files';
      readonly accessPoint: IAccessPointRef;
      readonly folder: string;
      readonly origin?: S3FilesOrigin;
    };

/**
 * Source that the function loads the model from.
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
   * Uses the local model package. An ONNX model is deployed as the function's code. Above Lambda's limit of 250 MiB it
   * is uploaded to the CDK assets bucket, and each environment downloads it at start. A model that needs Python is part
   * of the function's image. The default.
   */
  static fromPackage(): ServerlessModelData {
    return new ServerlessModelData({ kind: 'package' });
  }

  /**
   * Uses the model package under an S3 prefix, uploaded there by a pipeline. Each environment downloads it at start.
   * Use a prefix that is never overwritten.
   *
   * @param prefix Key prefix, with a trailing slash.
   */
  static fromBucket(bucket: IBucket, prefix: string): ServerlessModelData {
    return new ServerlessModelData({ kind: 'bucket', bucket, prefix });
  }

  /**
   * Uses the model package in a folder of an EFS file system, for models that take too long to download in each
   * environment. The function must have a `vpc` that contains the file system. It has read-only access.
   *
   * @param folder Path relative to the root of the access point, such as `iris/1`.
   */
  static fromFileSystem(accessPoint: IAccessPoint, folder: string): ServerlessModelData {
    return new ServerlessModelData({ kind: 'fileSystem', accessPoint, folder });
  }

  /**
   * Uses the model package in a folder of Amazon S3 Files, which presents a bucket as a file system. Objects that a
   * pipeline uploads to the bucket appear in the file system, and no environment has to download all of them. The
   * function must have a `vpc` that contains the file system. It has read-only access. The construct allows the
   * function on port 2049 of mount targets that this app creates. Security groups of other mount targets must already
   * allow it.
   *
   * @param folder Path relative to the root of the access point, such as `iris/1`.
   * @param origin S3 location of the folder. Default: all reads go through the file system.
   */
  static fromS3Files(accessPoint: IAccessPointRef, folder: string, origin?: S3FilesOrigin): ServerlessModelData {
    return new ServerlessModelData({ kind: 's3Files', accessPoint, folder, origin });
  }

  private constructor(
    /** Settings of the source. Its member `kind` tells its type. */
    readonly settings: ServerlessModelDataSettings,
  ) {}

  /** Kind of source, the same as `settings.kind`. */
  get kind(): ServerlessModelDataSettings['kind'] {
    return this.settings.kind;
  }
}
