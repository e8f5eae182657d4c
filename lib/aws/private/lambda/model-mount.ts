import type { IAccessPoint } from 'aws-cdk-lib/aws-efs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FileSystem, type FileSystemConfig } from 'aws-cdk-lib/aws-lambda';
import { MODEL_MOUNT } from '../../../serving/defaults.js';
import type { S3FilesMount } from '../shared/s3-files-mount.js';

/** Read-only file system that is mounted into the function. */
export class ModelMount extends FileSystem {
  static ofEfs(accessPoint: IAccessPoint): ModelMount {
    const { config } = FileSystem.fromEfsAccessPoint(accessPoint, MODEL_MOUNT);
    return new ModelMount({
      ...config,
      // CDK would allow the function to write, too.
      policies: [
        new PolicyStatement({
          actions: ['elasticfilesystem:ClientMount'],
          resources: [accessPoint.fileSystem.fileSystemArn],
          conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint.accessPointArn } },
        }),
      ],
    });
  }

  static ofS3Files({ accessPointArn, mountTargets, connections }: S3FilesMount): ModelMount {
    return new ModelMount({
      localMountPath: MODEL_MOUNT,
      arn: accessPointArn,
      dependency: [...mountTargets],
      connections,
    });
  }

  private constructor(config: FileSystemConfig) {
    super(config);
  }
}
