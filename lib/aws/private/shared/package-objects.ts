import { createHash } from 'node:crypto';
import { copyFileSync, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FileAssetPackaging, Stack, Stage } from 'aws-cdk-lib';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import { packageLayout } from '../../../serving/servers/model-layout.js';

/**
 * Model package in the CDK assets bucket. Its files are uploaded individually under a prefix that contains the digest,
 * so the runtime can read it like any package in S3. Existing objects are not uploaded again.
 */
export class PackageObjects extends Construct {
  /** URL of the folder that contains `model.json`, as `s3://bucket/prefix/`. */
  readonly url: string;
  /** CDK assets bucket. */
  readonly bucket: IBucket;
  /**
   * ARN pattern that matches every file of this package. The prefix contains the digest, so the pattern matches nothing
   * else. A policy with this pattern has the same size for any number of files. The inline policies of a role are
   * limited to 10,240 characters. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
   */
  readonly objectsArn: string;

  constructor(scope: Construct, id: string, model: Model) {
    super(scope, id);
    const stack = Stack.of(this);
    const prefix = `models/${model.name}/${model.deployedDigest.replace('sha256:', '')}/`;
    const objects = packageLayout(model).map(({ path, source, sha256 }) => {
      const fileName = this.stage(source!, sha256 ?? createHash('sha256').update(model.digest).digest('hex'));
      return stack.synthesizer.addFileAsset({
        packaging: FileAssetPackaging.FILE,
        sourceHash: prefix + path,
        fileName,
      });
    });
    const [{ bucketName, objectKey }] = objects as [(typeof objects)[0]];
    this.bucket = Bucket.fromBucketName(this, 'Bucket', bucketName);
    // The bootstrap stack may add its own key prefix.
    const folder = objectKey.replace(/model\.json$/, '');
    this.objectsArn = this.bucket.arnForObjects(`${folder}*`);
    this.url = this.bucket.s3UrlForObject(folder);
  }

  /**
   * Copies a file into the cloud assembly, and returns its path relative to the assembly. The synthesizer builds the S3
   * key from `sourceHash` and the extension of the file. The copy has no extension, so the key is exactly the given
   * `sourceHash`.
   */
  private stage(source: string, hash: string): string {
    const { outdir, assetOutdir } = Stage.of(this)!;
    const copy = join(assetOutdir, `modelship-${hash}`);
    if (!existsSync(copy)) copyFileSync(source, copy);
    return relative(outdir, copy);
  }
}
