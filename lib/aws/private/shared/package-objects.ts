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
  /** Of each file, in the order of the manifest. */
  readonly objectArns: string[];

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
    this.objectArns = objects.map((object) => this.bucket.arnForObjects(object.objectKey));
    // The bootstrap stack may put a prefix of its own in front.
    this.url = this.bucket.s3UrlForObject(objectKey.replace(/model\.json$/, ''));
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
