import type { RemovalPolicy } from 'aws-cdk-lib';
import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Secret } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { ServingProps } from '../serving/props.js';
import type { ServerlessFront } from './front.js';
import type { ServerlessModelData } from './serverless-model-data.js';
import type { WebAcl } from './serverless-web-acl.js';

/**
 * Props of {@link ServerlessModel}. A replica is an execution environment, which processes one request at a time.
 * `minReplicas` sets the provisioned concurrency, and `maxReplicas` the reserved concurrency. With a queue,
 * `maxReplicas` sets the maximum concurrency of its event source instead. `schedule` changes the provisioned
 * concurrency; each new version starts with `minReplicas` until the next scheduled time.
 */
export interface ServerlessModelProps extends ServingProps {
  /** Service through which callers reach the function. @default ServerlessFront.restApi() */
  readonly front?: ServerlessFront;

  /** Source of the model. @default ServerlessModelData.fromPackage() */
  readonly modelData?: ServerlessModelData;

  /** Processor architecture of the function. @default Architecture.ARM_64 */
  readonly architecture?: Architecture;

  /**
   * Memory of the function in MiB, 128 to 10240, and at least the model size plus 128 MiB. Lambda allocates CPU in
   * proportion to memory: one vCPU at 1769 MiB.
   *
   * @default - 1769, or twice the sum of the model size and 128 MiB if that is more
   */
  readonly memoryMib?: number;

  /**
   * VPC that the function connects to. It does not change how callers reach the function. In a VPC the function reaches
   * the internet only through a NAT gateway. A model in S3 requires a NAT gateway or an S3 endpoint.
   *
   * @default - none: the function can reach the internet but no private network
   */
  readonly vpc?: IVpc;

  /**
   * Subnets of the function in `vpc`.
   *
   * @default - its private subnets, or its isolated subnets if it has no private ones
   */
  readonly vpcSubnets?: SubnetSelection;

  /** Security groups of the function in `vpc`. @default - a new group with all outbound and no inbound traffic */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * Existing role of the function, which `lambda.amazonaws.com` can assume. The construct adds its permissions unless
   * the role is immutable.
   *
   * @default - a new role
   */
  readonly role?: IRole;

  /**
   * Environment variables with secret values, in Secrets Manager or Parameter Store. The runtime reads them when an
   * execution environment starts; the function's configuration contains their ARNs only. In a VPC without internet access
   * it needs an interface endpoint of the service.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: Secret };

  /**
   * KMS key that encrypts the logs, the function's environment variables and the messages of a queue. The construct
   * adds CloudWatch Logs to the key policy. The policy of an imported key must already allow it.
   *
   * @default - AWS-managed encryption
   */
  readonly encryptionKey?: IKey;

  /** AWS WAF web ACL of the REST API. Other fronts do not support one. @default - none */
  readonly webAcl?: WebAcl;

  /**
   * Whether this stack manages the account's role for API Gateway logs. Setting this prop enables the access log of the
   * REST API. An account has one role per region for the logs of all its REST APIs. `true` creates a role and sets it
   * for the account, replacing an existing one. `false` uses the existing role, and the deployment fails if there is
   * none.
   *
   * @default - no access log of the REST API, so no account setting is needed or changed. An HTTP API always has an
   * access log
   */
  readonly apiGatewayLogRole?: boolean;

  /**
   * Removal policy of the function's log group. It applies when the stack is deleted or its first deployment is rolled
   * back. Log events expire after `logRetentionDays` either way.
   *
   * @default RemovalPolicy.RETAIN, so that the log of a failed first deployment can still be read
   */
  readonly logRemovalPolicy?: RemovalPolicy;

  /**
   * Alarms that roll back a gradual `rollout`, in addition to the alarm on errors of the new version.
   *
   * @default - the alarms on errors and latency of all requests
   */
  readonly rollbackAlarms?: IAlarm[];

  /** Actions of the alarms. @default - none: alarms only change their state and roll back a gradual `rollout` */
  readonly alarmActions?: IAlarmAction[];
}
