import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { AssetStaging, FileAssetPackaging, Stack } from 'aws-cdk-lib';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Model } from '../../model/model.js';
import { packageLayout } from '../../serving/model-layout.js';

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
      const hash = sha256 ?? createHash('sha256').update(model.digest).digest('hex');
      const staging = new AssetStaging(this, path, { sourcePath: source!, assetHash: hash });
      const fileName = staging.relativeStagedPath(stack);
      // The synthesizer makes the key of this and of the file's ending.
      const sourceHash = `${prefix}${path}`.slice(0, -extname(fileName).length || undefined);
      return stack.synthesizer.addFileAsset({ packaging: FileAssetPackaging.FILE, sourceHash, fileName });
    });
    const [{ bucketName, objectKey }] = objects as [(typeof objects)[0]];
    this.bucket = Bucket.fromBucketName(this, 'Bucket', bucketName);
    this.objectArns = objects.map((object) => this.bucket.arnForObjects(object.objectKey));
    // The bootstrap stack may put a prefix of its own in front.
    this.url = this.bucket.s3UrlForObject(objectKey.replace(/model\.json$/, ''));
  }
}
