import { Stack } from 'aws-cdk-lib';
import type { IVpc, SelectedSubnets } from 'aws-cdk-lib/aws-ec2';
import {
  type IGrantable,
  type IPrincipal,
  type IRole,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type PulledImage, pullStatements } from '../shared/pulled-image.js';

export interface ExecutionRoleProps {
  readonly logGroupArn: string;
  /** Role to use instead of a new one. */
  readonly existing?: IRole;
}

/** Role that SageMaker assumes for one endpoint, with permissions added statement by statement. */
export class ExecutionRole implements IGrantable {
  readonly resource: IRole;

  constructor(scope: Construct, id: string, { logGroupArn, existing }: ExecutionRoleProps) {
    this.resource =
      existing ??
      new Role(scope, id, {
        assumedBy: new ServicePrincipal('sagemaker.amazonaws.com', {
          // This condition prevents a confused deputy: SageMaker assumes the role for this account only.
          conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
        }),
        description: 'Permissions of the containers of a SageMaker endpoint',
      });
    this.allow(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
        resources: [logGroupArn],
      }),
    );
    this.allow(
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        // Metrics have no ARN, so the namespace limits the permission.
        resources: ['*'],
        conditions: { StringLike: { 'cloudwatch:namespace': ['/aws/sagemaker/*', 'AWS/SageMaker'] } },
      }),
    );
  }

  get grantPrincipal(): IPrincipal {
    return this.resource.grantPrincipal;
  }

  allow(statement: PolicyStatement): void {
    this.resource.addToPrincipalPolicy(statement);
  }

  mayPull(image: PulledImage): void {
    for (const statement of pullStatements(image)) this.allow(statement);
  }

  mayReadObject(bucket: IBucket, key: string): void {
    this.allow(new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(key)] }));
    bucket.encryptionKey?.grantDecrypt(this);
  }

  /** Allows reading all objects under a prefix, which also requires listing them. */
  mayReadPrefix(bucket: IBucket, prefix: string): void {
    this.mayReadObject(bucket, `${prefix}*`);
    this.allow(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': [`${prefix}*`] } },
      }),
    );
  }

  mayWritePrefix(bucket: IBucket, prefix: string, key?: IKey): void {
    this.allow(
      new PolicyStatement({
        actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
        resources: [bucket.arnForObjects(`${prefix}*`)],
      }),
    );
    bucket.encryptionKey?.grantEncryptDecrypt(this);
    key?.grantEncryptDecrypt(this);
  }

  mayPublish(topic: ITopic): void {
    this.allow(new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
    topic.masterKey?.grantEncryptDecrypt(this);
  }

  /** Allows SageMaker to create network interfaces in the subnets. */
  mayJoin(vpc: IVpc, { subnetIds }: SelectedSubnets, securityGroupIds: string[]): void {
    const { account, region } = vpc.env;
    const arn = (resource: string, resourceName: string) =>
      Stack.of(this.resource).formatArn({ service: 'ec2', account, region, resource, resourceName });
    const interfaces = arn('network-interface', '*');
    this.allow(
      new PolicyStatement({
        actions: ['ec2:CreateNetworkInterface'],
        resources: [
          interfaces,
          ...subnetIds.map((id) => arn('subnet', id)),
          ...securityGroupIds.map((id) => arn('security-group', id)),
        ],
      }),
    );
    this.allow(
      new PolicyStatement({
        actions: [
          'ec2:CreateNetworkInterfacePermission',
          'ec2:DeleteNetworkInterface',
          'ec2:DeleteNetworkInterfacePermission',
        ],
        resources: [interfaces],
      }),
    );
    this.allow(
      new PolicyStatement({
        actions: [
          'ec2:DescribeDhcpOptions',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSecurityGroups',
          'ec2:DescribeSubnets',
          'ec2:DescribeVpcEndpoints',
          'ec2:DescribeVpcs',
        ],
        // The Describe actions have no resource-level permissions.
        resources: ['*'],
      }),
    );
  }
}
