import { Stack } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { CfnAccessPoint, CfnFileSystem, CfnMountTarget } from 'aws-cdk-lib/aws-s3files';

/** S3 Files before a bucket, with a mount target in each private subnet, as its owner would make it. */
export function s3Files(stack: Stack, vpc: IVpc): { accessPoint: CfnAccessPoint; bucket: IBucket } {
  const bucket = Bucket.fromBucketName(stack, 'Models', 'models-of-mine');
  const role = new Role(stack, 'FilesRole', {
    assumedBy: new ServicePrincipal('elasticfilesystem.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(stack).account } },
    }),
  });
  role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  const { attrFileSystemId: fileSystemId } = new CfnFileSystem(stack, 'Files', {
    bucket: bucket.bucketArn,
    roleArn: role.roleArn,
  });
  const securityGroup = new SecurityGroup(stack, 'FilesSecurityGroup', { vpc, allowAllOutbound: false });
  for (const [index, { subnetId }] of [...vpc.privateSubnets, ...vpc.isolatedSubnets].entries()) {
    const securityGroups = [securityGroup.securityGroupId];
    new CfnMountTarget(stack, `MountTarget${index}`, { fileSystemId, subnetId, securityGroups });
  }
  const accessPoint = new CfnAccessPoint(stack, 'AccessPoint', {
    fileSystemId,
    posixUser: { uid: '1001', gid: '1001' },
    rootDirectory: { path: '/models' },
  });
  return { accessPoint, bucket };
}
