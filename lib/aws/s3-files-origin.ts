import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * S3 location of a folder of Amazon S3 Files. Clients then read files directly from S3, which is faster for large
 * files, and fall back to the file system if S3 is unreachable.
 */
export interface S3FilesOrigin {
  /** Bucket of the file system. If the bucket has a KMS key, the grant includes decryption with that key. */
  readonly bucket: IBucket;

  /**
   * Key prefix of the folder. Objects outside this prefix cannot be read. It is the concatenation of the file system's
   * prefix, the path of the access point and the folder, with a trailing slash.
   */
  readonly prefix: string;
}
