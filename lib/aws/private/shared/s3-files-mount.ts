import { Fn, Token } from 'aws-cdk-lib';
import { Connections, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnAccessPoint, CfnFileSystem, CfnMountTarget, type IAccessPointRef } from 'aws-cdk-lib/aws-s3files';
import type { Construct } from 'constructs';
import type { S3FilesOrigin } from '../../s3-files-origin.js';

const NFS = Port.tcp(2049);

/**
 * What mounts an access point of S3 Files to read. CDK has the like for Lambda, but mounts an access point once an app
 * and lets the function write.
 */
export class S3FilesMount {
  readonly accessPointArn: string;
  readonly fileSystemArn: string;
  /** Those that this app makes, which must be there before anything mounts. */
  readonly mountTargets: readonly CfnMountTarget[];
  /** Of the mount targets, as far as they and their security groups are known. */
  readonly connections: Connections;

  constructor(scope: Construct, accessPoint: IAccessPointRef) {
    this.accessPointArn = accessPoint.accessPointRef.accessPointArn;
    // The ARN of an access point is its file system's, continued.
    this.fileSystemArn = Fn.select(0, Fn.split('/access-point/', this.accessPointArn));
    this.mountTargets = mountTargetsOf(accessPoint);
    this.connections = new Connections({
      securityGroups: securityGroupsOf(this.mountTargets).map((id, index) =>
        SecurityGroup.fromSecurityGroupId(scope, `MountTarget${index}`, id),
      ),
      defaultPort: NFS,
    });
  }

  /** Lets `role` mount this access point, read what is there, and read what the origin holds from S3. */
  grantRead(role: IRole, origin?: S3FilesOrigin): void {
    const actions = ['s3files:ClientMount'];
    const conditions = { StringEquals: { 's3files:AccessPointArn': this.accessPointArn } };
    role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [this.fileSystemArn], conditions }));
    // IAM's reference knows the file system alone, and CDK grants Lambda the access point as well.
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

/** By the construct tree: none of a file system that is made elsewhere. */
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
    // A list that is a token has no items yet.
    Token.isUnresolved(securityGroups) ? [] : (securityGroups ?? []),
  );
  return [...new Set(ids)];
}
