import type { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import type { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import type { ModelServer } from '../../../serving/servers/model-server.js';
import { google } from '../../../terraform/bindings/google.js';
import { packageAssets, packagePrefix } from '../../../terraform/package-files.js';
import type { GoogleServingProps } from '../../props.js';
import { grantKey, storageAgent } from './encryption.js';
import { bucketName } from './names.js';

/** What lies in the bucket, if it is not the package as it is. */
export interface ModelStoreOptions {
  /** What loads the model. @default ModelServer.modelship() */
  readonly server?: ModelServer;
  /** Models beside that of the props. @default - none */
  readonly others?: readonly Model[];
}

/** The model package in a bucket, under a folder of its digest. */
export class ModelStore extends Construct {
  /** The bucket that was made. Unset if one was given. */
  readonly bucket?: StorageBucket;
  readonly bucketName: string;
  /** The folder in the bucket, without slashes at its ends. */
  readonly prefix: string;
  /** One for each file. What reads the model at start depends on them. */
  readonly objects: readonly StorageBucketObject[];

  constructor(
    scope: Construct,
    id: string,
    props: GoogleServingProps,
    { server, others = [] }: ModelStoreOptions = {},
  ) {
    super(scope, id);
    if (props.modelBucket === undefined) this.bucket = this.makeBucket(scope, props);
    this.bucketName = this.bucket?.name ?? props.modelBucket!;
    this.prefix = packagePrefix(props.model, server);
    this.objects = [
      ...this.upload(this, props.model, server),
      ...others.flatMap((model) => this.upload(new Construct(this, model.digest), model, server)),
    ];
  }

  /** The folder as a URL, with a slash at its end. */
  get uri(): string {
    return `gs://${this.bucketName}/${this.prefix}/`;
  }

  /** Lets `member` read the bucket's objects and list them. */
  grantRead(member: string): ITerraformDependable {
    return new google.StorageBucketIamMember(this, 'Reader', {
      bucket: this.bucketName,
      role: 'roles/storage.objectViewer',
      member,
    });
  }

  private upload(scope: Construct, model: Model, server?: ModelServer): StorageBucketObject[] {
    const prefix = packagePrefix(model, server);
    return packageAssets(scope, model, server).map(
      (file) =>
        new google.StorageBucketObject(scope, `Object-${file.path}`, {
          bucket: this.bucketName,
          name: `${prefix}/${file.path}`,
          source: file.source,
          // Earlier versions stay until the bucket goes: revisions that still serve them, and a way back, need them.
          deletionPolicy: 'ABANDON',
        }),
    );
  }

  private makeBucket(endpoint: Construct, props: GoogleServingProps): StorageBucket {
    const key = props.encryptionKey;
    const granted = key ? [grantKey(this, 'BucketKey', key, storageAgent(this, props.project))] : [];
    return new google.StorageBucket(this, 'Bucket', {
      name: bucketName(this, endpoint, props),
      location: props.region,
      project: props.project,
      labels: props.labels,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      versioning: { enabled: true },
      ...(key ? { encryption: { defaultKmsKeyName: key } } : {}),
      // Every object can be uploaded again from its package, so that the endpoint can be destroyed in one go.
      forceDestroy: true,
      dependsOn: granted,
    });
  }
}
