import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
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
  /** How SageMaker runs the model. @default EndpointMode.realTime() */
  readonly mode?: EndpointMode;

  /** The inference server. @default ModelServer.modelship() */
  readonly server?: ModelServer;

  /**
   * The image of Modelship's runtime, which must be in ECR. Other servers name their own.
   *
   * @default AwsImage.fromAsset()
   */
  readonly image?: ImageSource;

  /** Where the model comes from. @default EndpointModelData.fromPackage() */
  readonly modelData?: EndpointModelData;

  /** The endpoint's name. @default - made from the construct's place in the tree */
  readonly endpointName?: string;

  /** Requests and answers that are kept. Not with serverless endpoints. @default - none */
  readonly dataCapture?: EndpointDataCapture;

  /** Shapley values beside predictions. @default - none */
  readonly explanations?: EndpointExplanations;

  /** Replaces instances in batches instead of `rollout`. @default - `rollout` holds; inference components: 50 % at once */
  readonly rollingUpdate?: RollingUpdate;

  /** Alarms that take a deployment back, at most 10; with none, nothing does. @default - the alarms on errors and latency */
  readonly rollbackAlarms?: IAlarm[];

  /** VPC in which the containers get their network interfaces. @default - none: SageMaker's own network */
  readonly vpc?: IVpc;

  /** @default - the private subnets of `vpc` */
  readonly vpcSubnets?: SubnetSelection;

  /** @default - a new one that lets nothing in and everything out */
  readonly securityGroups?: ISecurityGroup[];

  /** Whether the containers have no network at all, not even to AWS. @default - true, unless `vpc` is given */
  readonly networkIsolation?: boolean;

  /**
   * Encrypts the instances' disks, captured data and asynchronous answers. Not the disks of types that have their own, such
   * as ml.g5.xlarge and ml.m5d.large: those are encrypted by the instance's hardware, and SageMaker takes no key for them.
   * Not with serverless endpoints, which have none of these.
   *
   * @default - keys of AWS
   */
  readonly encryptionKey?: IKey;

  /** Seconds a container may take from its start to the first healthy `/ping`, 60 to 3600. @default 300 */
  readonly startupSeconds?: number;

  /** Seconds the download of the model may take, 60 to 3600. @default 900 */
  readonly downloadSeconds?: number;

  /** What alarms do. @default - nothing: they are there to be seen and to stop deployments */
  readonly alarmActions?: IAlarmAction[];
}
