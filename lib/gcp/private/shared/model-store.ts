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

interface ModelStoreProps {
  readonly props: GoogleServingProps;
  /** Server that loads the model, which determines the file layout. @default ModelServer.modelship() */
  readonly server?: ModelServer;
  /** Additional models to upload. @default - none */
  readonly others?: readonly Model[];
}

/** Model package in a bucket, in a folder named by its digest. */
export class ModelStore extends Construct {
  /** New bucket. Undefined if an existing bucket is used. */
  readonly bucket?: StorageBucket;
  /** Name of the bucket, new or existing. */
  readonly bucketName: string;
  /** Folder in the bucket, without leading and trailing slashes. */
  readonly prefix: string;
  /** Uploaded files. Resources that read the model at startup must depend on them. */
  readonly objects: readonly StorageBucketObject[];

  constructor(scope: Construct, id: string, { props, server, others = [] }: ModelStoreProps) {
    super(scope, id);
    if (props.modelBucket === undefined) this.bucket = this.makeBucket(scope, props);
    this.bucketName = this.bucket?.name ?? props.modelBucket!;
    this.prefix = packagePrefix(props.model, server);
    this.objects = [
      ...this.upload(this, props.model, server),
      ...others.flatMap((model) => this.upload(new Construct(this, model.digest), model, server)),
    ];
  }

  /** URL of the folder, with a trailing slash. */
  get uri(): string {
    return `gs://${this.bucketName}/${this.prefix}/`;
  }

  /** Allows `member` to read and list the bucket's objects. */
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
          // Earlier versions stay until the bucket is deleted, because running revisions and rollbacks need them.
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
      // The endpoint can be destroyed in one step, because every object can be uploaded again from its package.
      forceDestroy: true,
      dependsOn: granted,
    });
  }
}
