import type { Duration } from 'aws-cdk-lib';
import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Secret } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ImageSource } from '../serving/image-source.js';
import type { ServingProps } from '../serving/props.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { EndpointDataCapture } from './endpoint-data-capture.js';
import type { EndpointExplanations } from './endpoint-explanations.js';
import type { EndpointModelData } from './endpoint-model-data.js';
import type { EndpointMode } from './mode.js';
import type { RollingUpdate } from './rolling-update.js';

/** Props of {@link ManagedEndpointModel}. */
export interface ManagedEndpointModelProps extends ServingProps {
  /** Inference mode of the endpoint. @default EndpointMode.realTime() */
  readonly mode?: EndpointMode;

  /** Inference server. @default ModelServer.modelship() */
  readonly server?: ModelServer;

  /**
   * Image of Modelship's runtime. It must be in ECR. Other servers specify their own image.
   *
   * @default AwsImage.fromAsset()
   */
  readonly image?: ImageSource;

  /** Source of the model. @default EndpointModelData.fromPackage() */
  readonly modelData?: EndpointModelData;

  /** Name of the endpoint. @default - generated from the construct path */
  readonly endpointName?: string;

  /** Capture of requests and responses in S3. Not supported by serverless endpoints. @default - none */
  readonly dataCapture?: EndpointDataCapture;

  /** Shapley values returned with predictions. @default - none */
  readonly explanations?: EndpointExplanations;

  /**
   * Rolling update that replaces instances in batches, instead of `rollout`.
   *
   * @default - none: `rollout` applies. Inference components are replaced in batches of 50 %
   */
  readonly rollingUpdate?: RollingUpdate;

  /**
   * Alarms that roll back a deployment, at most 10. An empty list disables alarm-based rollback.
   *
   * @default - the alarms on errors and latency
   */
  readonly rollbackAlarms?: IAlarm[];

  /** VPC of the containers' network interfaces. @default - none: the containers use SageMaker's network */
  readonly vpc?: IVpc;

  /** Subnets of the containers' network interfaces. @default - the private subnets of `vpc` */
  readonly vpcSubnets?: SubnetSelection;

  /** Security groups of the containers. @default - a new group with no inbound and all outbound traffic */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * Whether the containers have no network access, not even to AWS services.
   *
   * @default - true, unless `vpc` or `secrets` is set, the mode is serverless, or the server downloads the model itself
   */
  readonly networkIsolation?: boolean;

  /**
   * Environment variables with secret values, in Secrets Manager or Parameter Store. The runtime reads them when a container
   * starts; the model of SageMaker contains their ARNs only, in a variable of at most 1024 characters. Other servers and
   * isolated containers cannot read them. In a `vpc` without internet access they need an interface endpoint of the service.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: Secret };

  /**
   * Existing execution role, which `sagemaker.amazonaws.com` can assume. The construct adds its permissions unless the
   * role is immutable.
   *
   * @default - a new role
   */
  readonly role?: IRole;

  /**
   * KMS key that encrypts the logs, the volumes of the instances, captured data and asynchronous responses. The
   * construct adds CloudWatch Logs to the key policy. The policy of an imported key must already allow it. Instance
   * types with local storage, such as ml.g5.xlarge and ml.m5d.large, encrypt their disks in hardware, and SageMaker
   * accepts no key for them. On serverless endpoints, which have no volumes, it encrypts the logs.
   *
   * @default - AWS-managed encryption
   */
  readonly encryptionKey?: IKey;

  /** Seconds from the start of a container until `/ping` must be healthy, 60 to 3600. @default 300 */
  readonly startupSeconds?: number;

  /** Timeout of the model download, 60 to 3600 seconds. @default Duration.minutes(15) */
  readonly downloadTimeout?: Duration;

  /** Actions of the alarms. @default - none: alarms only change their state and roll back deployments */
  readonly alarmActions?: IAlarmAction[];
}
