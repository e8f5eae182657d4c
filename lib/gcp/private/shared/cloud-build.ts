import type { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { ImageArchitecture } from '../../../serving/image-architecture.js';
import { afterRoles } from '../../../terraform/after-roles.js';
import { google } from '../../../terraform/bindings/google.js';
import { GenericResource } from '../../../terraform/generic.js';
import type { GoogleServingProps } from '../../props.js';
import type { ImageBuild } from './image-build.js';
import { SERVICE_ACCOUNT_ID_LENGTH } from './limits.js';
import { bucketName, generatedName } from './names.js';
import { GOOGLE_OPERATION, restfulProvider } from './restful.js';

/** Timeout that allows downloading and uploading a GPU image of 10 GB once. */
const TIMEOUT_SECONDS = 3600;

interface CloudBuildProps {
  readonly props: GoogleServingProps;
  readonly build: ImageBuild;
  readonly region: string;
}

/**
 * Image build in Cloud Build. The only Terraform resource, a trigger, does not build at apply. The build is therefore a
 * REST API call, which is repeated when the image reference or the digest of the build context changes.
 */
export class CloudBuild extends Construct {
  /** API call that completes when the image is pushed. */
  readonly pushed: GenericResource;

  constructor(scope: Construct, id: string, { props, build, region }: CloudBuildProps) {
    super(scope, id);
    const account = new google.ServiceAccount(this, 'ServiceAccount', {
      project: props.project,
      accountId: generatedName(this, SERVICE_ACCOUNT_ID_LENGTH),
      displayName: 'Builds the image of the runtime',
    });
    const context = this.upload(props, build);
    // Machines of Cloud Build have amd64 processors, and copy files into images of another architecture.
    const platform =
      build.architecture === ImageArchitecture.AMD64 ? [] : ['--platform', `linux/${build.architecture.name}`];
    const rights = [
      new google.StorageBucketIamMember(this, 'Reader', {
        bucket: context.bucket,
        role: 'roles/storage.objectViewer',
        member: account.member,
      }),
      new google.ProjectIamMember(this, 'Logger', {
        project: build.projectId,
        role: 'roles/logging.logWriter',
        member: account.member,
      }),
      build.registry.grantPush(account.member),
    ];
    this.pushed = new GenericResource(this, 'Resource', {
      type: 'restful_operation',
      provider: restfulProvider(this, 'cloud-build', 'https://cloudbuild.googleapis.com/v1'),
      dependsOn: [afterRoles(this, 'RolesKnown', rights)],
      attributes: {
        path: `/projects/${build.projectId}/locations/${region}/builds`,
        method: 'POST',
        body: {
          source: { storageSource: { bucket: context.bucket, object: context.name } },
          steps: [
            {
              name: 'gcr.io/cloud-builders/docker',
              args: ['build', ...platform, '--tag', build.uri, '--file', build.dockerfile, '.'],
            },
          ],
          images: [build.uri],
          serviceAccount: account.name,
          timeout: `${TIMEOUT_SECONDS}s`,
          options: { logging: 'CLOUD_LOGGING_ONLY' },
        },
        poll: GOOGLE_OPERATION,
      },
    });
  }

  private upload(props: GoogleServingProps, build: ImageBuild): StorageBucketObject {
    const bucket = new google.StorageBucket(this, 'Bucket', {
      name: bucketName(this, this, props),
      project: props.project,
      location: props.region,
      labels: props.labels,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      forceDestroy: true,
    });
    const asset = new TerraformAsset(this, 'Context', {
      path: build.directory,
      type: AssetType.ARCHIVE,
      assetHash: build.digest,
    });
    return new google.StorageBucketObject(this, 'Object', {
      bucket: bucket.name,
      name: `context-${build.digest}.zip`,
      source: asset.path,
    });
  }
}
