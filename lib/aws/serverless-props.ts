import type { RemovalPolicy } from 'aws-cdk-lib';
import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { ServingProps } from '../serving/props.js';
import type { ServerlessFront } from './front.js';
import type { ServerlessModelData } from './serverless-model-data.js';
import type { WebAcl } from './serverless-web-acl.js';

/**
 * Props of {@link ServerlessModel}. A replica is an execution environment, which answers one request at a time:
 * `minReplicas` are kept by provisioned concurrency, `maxReplicas` by reserved concurrency.
 */
export interface ServerlessModelProps extends ServingProps {
  /** How callers reach the function. @default ServerlessFront.restApi() */
  readonly front?: ServerlessFront;

  /** Where the function gets the model from. @default ServerlessModelData.fromPackage() */
  readonly modelData?: ServerlessModelData;

  /** @default Architecture.ARM_64 */
  readonly architecture?: Architecture;

  /**
   * Memory of the function in MiB, 128 to 10240, and at least the model and 128 MiB. Lambda gives CPU in proportion: one
   * at 1769.
   *
   * @default - 1769, or twice the model and 128 MiB if that is more
   */
  readonly memoryMib?: number;

  /**
   * The network that the function can reach. Callers come through the front door as before; the function has the
   * internet only by a NAT gateway, and S3, if the model lies there, by that or an endpoint.
   *
   * @default - none: the function reaches the internet and nothing private
   */
  readonly vpc?: IVpc;

  /** Where in the `vpc`. @default - its private subnets, or, if there are none, its isolated ones */
  readonly vpcSubnets?: SubnetSelection;

  /** Of the function in the `vpc`. @default - a new one, which lets everything out and nothing in */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * Encrypts the logs and the function's environment. CloudWatch Logs is let in by the policy of the key; one that was
   * imported must let it in already.
   *
   * @default - keys of AWS
   */
  readonly encryptionKey?: IKey;

  /** The firewall in front of the REST API; no other front can have one. @default - none */
  readonly webAcl?: WebAcl;

  /**
   * Whether the REST API writes an access log, and by which role. An account has one role for the logs of all its REST APIs
   * in a region: `true` creates one and sets it for the account, in place of any that is set; `false` uses the one that is
   * set, without which the deployment fails.
   *
   * @default - no access log of the REST API, so that no setting of the account is needed or changed; an HTTP API always
   * has one
   */
  readonly apiGatewayLogRole?: boolean;

  /**
   * What happens to the function's log group when the stack is deleted, or when its first deployment is rolled back. The
   * events expire after `logRetentionDays` either way.
   *
   * @default RemovalPolicy.RETAIN, so that the log of a failed first deployment can still be read
   */
  readonly logRemovalPolicy?: RemovalPolicy;

  /**
   * Alarms that take a gradual `rollout` back, beside the one on failures of the new version itself.
   *
   * @default - the alarms on errors and latency of all that callers ask
   */
  readonly rollbackAlarms?: IAlarm[];

  /** What alarms do. @default - nothing: they are there to be seen */
  readonly alarmActions?: IAlarmAction[];
}
