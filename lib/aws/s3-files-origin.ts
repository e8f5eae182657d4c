import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Where in S3 a folder of S3 Files lies. Files are then read from there, which is faster for large ones, and by the file
 * system where S3 cannot be reached.
 */
export interface S3FilesOrigin {
  /** The bucket of the file system. Of an encrypted one the key may be used, too. */
  readonly bucket: IBucket;

  /**
   * The folder's keys begin so, and no others may be read. It is the prefix of the file system, the path of the access
   * point and the folder, and ends in a slash.
   */
  readonly prefix: string;
}
