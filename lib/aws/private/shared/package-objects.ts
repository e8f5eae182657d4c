import { createHash } from 'node:crypto';
import { copyFileSync, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FileAssetPackaging, Stack, Stage } from 'aws-cdk-lib';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import { packageLayout } from '../../../serving/servers/model-layout.js';

/**
 * A model package in the bucket of CDK's assets, file by file under one prefix with the digest in it, so that the
 * runtime can read it as any package in S3. What is there already is not uploaded again.
 */
export class PackageObjects extends Construct {
  /** `s3://bucket/prefix/`, where `model.json` lies. */
  readonly url: string;
  readonly bucket: IBucket;
  /**
   * Every file of this package. The prefix contains the digest, so the pattern matches nothing else, and a policy that
   * names it keeps its size however many files there are: the inline policies of a role have 10,240 characters at most.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
   */
  readonly objectsArn: string;

  constructor(scope: Construct, id: string, model: Model) {
    super(scope, id);
    const stack = Stack.of(this);
    const prefix = `models/${model.name}/${model.digest.replace('sha256:', '')}/`;
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
    // The bootstrap stack may put a prefix of its own in front.
    const folder = objectKey.replace(/model\.json$/, '');
    this.objectsArn = this.bucket.arnForObjects(`${folder}*`);
    this.url = this.bucket.s3UrlForObject(folder);
  }

  /**
   * Copies a file into the cloud assembly, and returns its path from there. The synthesizer makes the key in S3 of
   * what it takes for a hash and of the copy's ending; the copy has none, so that the key is ours.
   */
  private stage(source: string, hash: string): string {
    const { outdir, assetOutdir } = Stage.of(this)!;
    const copy = join(assetOutdir, `modelship-${hash}`);
    if (!existsSync(copy)) copyFileSync(source, copy);
    return relative(outdir, copy);
  }
}
