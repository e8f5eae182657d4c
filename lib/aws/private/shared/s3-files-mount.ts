import { Fn, Token } from 'aws-cdk-lib';
import { Connections, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnAccessPoint, CfnFileSystem, CfnMountTarget, type IAccessPointRef } from 'aws-cdk-lib/aws-s3files';
import type { Construct } from 'constructs';
import type { S3FilesOrigin } from '../../s3-files-origin.js';

const NFS = Port.tcp(2049);

/**
 * Read-only mount of an Amazon S3 Files access point. CDK's own support for Lambda mounts an access point only once per
 * app and grants write access.
 */
export class S3FilesMount {
  readonly accessPointArn: string;
  readonly fileSystemArn: string;
  /** Mount targets that this app creates. They must exist before a client mounts the file system. */
  readonly mountTargets: readonly CfnMountTarget[];
  /** Connections of the mount targets. They include only security groups that are known at synthesis. */
  readonly connections: Connections;

  constructor(scope: Construct, accessPoint: IAccessPointRef) {
    this.accessPointArn = accessPoint.accessPointRef.accessPointArn;
    // The ARN of an access point starts with the ARN of its file system.
    this.fileSystemArn = Fn.select(0, Fn.split('/access-point/', this.accessPointArn));
    this.mountTargets = mountTargetsOf(accessPoint);
    this.connections = new Connections({
      securityGroups: securityGroupsOf(this.mountTargets).map((id, index) =>
        SecurityGroup.fromSecurityGroupId(scope, `MountTarget${index}`, id),
      ),
      defaultPort: NFS,
    });
  }

  /** Grants `role` permission to mount this access point read-only, and to read the objects of `origin` from S3. */
  grantRead(role: IRole, origin?: S3FilesOrigin): void {
    const actions = ['s3files:ClientMount'];
    const conditions = { StringEquals: { 's3files:AccessPointArn': this.accessPointArn } };
    role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [this.fileSystemArn], conditions }));
    // The IAM reference lists only the file system as a resource, but CDK also grants Lambda the access point.
    role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [this.accessPointArn] }));
    if (!origin) return;
    const { bucket, prefix } = origin;
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [bucket.arnForObjects(`${prefix}*`)],
      }),
    );
    bucket.encryptionKey?.grantDecrypt(role);
  }
}

/** Finds the mount targets in the construct tree. The result is empty if the file system is not created in this app. */
function mountTargetsOf(accessPoint: IAccessPointRef): CfnMountTarget[] {
  const { accessPointId } = accessPoint.accessPointRef;
  const constructs = accessPoint.node.root.node.findAll();
  const own = constructs
    .filter(CfnAccessPoint.isCfnAccessPoint)
    .find((each) => each.accessPointRef.accessPointId === accessPointId);
  if (!own) return [];
  const fileSystem = constructs
    .filter(CfnFileSystem.isCfnFileSystem)
    .find(({ ref, attrFileSystemId }) => [ref, attrFileSystemId].includes(own.fileSystemId));
  const ids = [own.fileSystemId, fileSystem?.ref, fileSystem?.attrFileSystemId];
  return constructs.filter(CfnMountTarget.isCfnMountTarget).filter((each) => ids.includes(each.fileSystemId));
}

function securityGroupsOf(mountTargets: readonly CfnMountTarget[]): string[] {
  const ids = mountTargets.flatMap(({ securityGroups }) =>
    // A token list has no items at synthesis.
    Token.isUnresolved(securityGroups) ? [] : (securityGroups ?? []),
  );
  return [...new Set(ids)];
}
