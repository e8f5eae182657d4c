import type { IAccessPoint } from 'aws-cdk-lib/aws-efs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FileSystem } from 'aws-cdk-lib/aws-lambda';

/** An EFS access point in the function's file system, to be read. */
export class ModelMount extends FileSystem {
  /** Lambda mounts nowhere but under `/mnt`. */
  static readonly path = '/mnt/models';

  constructor(accessPoint: IAccessPoint) {
    const { config } = FileSystem.fromEfsAccessPoint(accessPoint, ModelMount.path);
    super({
      ...config,
      // CDK would let the function write, too.
      policies: [
        new PolicyStatement({
          actions: ['elasticfilesystem:ClientMount'],
          resources: [accessPoint.fileSystem.fileSystemArn],
          conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint.accessPointArn } },
        }),
      ],
    });
  }
}
