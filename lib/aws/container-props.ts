import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { ICluster, Secret } from 'aws-cdk-lib/aws-ecs';
import type { ImageSource } from '../serving/image-source.js';
import type { ServingProps } from '../serving/props.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { ContainerCapacity } from './capacity.js';
import type { ContainerModelData } from './container-model-data.js';

/** Props of {@link ContainerModel}. */
export interface ContainerModelProps extends ServingProps {
  /** What tasks run on. @default ContainerCapacity.fargate() */
  readonly capacity?: ContainerCapacity;

  /** The inference server. @default ModelServer.modelship() */
  readonly server?: ModelServer;

  /** The image of Modelship's runtime. Other servers name their own. @default AwsImage.fromAsset() */
  readonly image?: ImageSource;

  /**
   * Where the model comes from.
   *
   * @default ContainerModelData.fromPackage(), or, for another server, its image: `/models`
   */
  readonly modelData?: ContainerModelData;

  /**
   * The network.
   *
   * @default - a new VPC in two zones. Its subnets have no way to the internet if AWS's own services in this region are
   * all that is needed, which they reach by endpoints; else one NAT gateway: for an image outside ECR or in ECR of another
   * region, for a server that fetches weights, for JWTs, and for `internetFacing`
   */
  readonly vpc?: IVpc;

  /** Must have Container Insights on, by which tasks are counted. @default - a new one in the VPC */
  readonly cluster?: ICluster;

  /** Whether the load balancer can be reached from the internet, which takes a `certificate`. @default false */
  readonly internetFacing?: boolean;

  /** Of the load balancer. @default - none: HTTP inside the VPC */
  readonly certificate?: ICertificate;

  /** The name that the certificate is for, and that callers use. @default - the load balancer's own */
  readonly domainName?: string;

  /** Where the JWT issuer's keys are. @default - `<issuer>/.well-known/jwks.json` */
  readonly jwksUrl?: string;

  /** Requests each task may have in flight before tasks are added. @default 8 */
  readonly targetConcurrency?: number;

  /** Use of its CPU, in percent, beyond which tasks are added. @default 70 */
  readonly targetCpuPercent?: number;

  /**
   * Minutes that both versions run in full after all traffic has moved at once, 0 to 1440. It excludes the gradual
   * `rollout`s, which have it by themselves.
   *
   * @default - none: tasks are replaced one after another
   */
  readonly blueGreenBakeMinutes?: number;

  /**
   * Seconds a task may take from its start until it is ready, 1 to 86400.
   *
   * @default - 300, or 1800 for a `server` that fetches its model by itself
   */
  readonly startupSeconds?: number;

  /** Alarms that take a deployment back. @default - the alarms on errors and latency */
  readonly rollbackAlarms?: IAlarm[];

  /** Variables whose values are secrets, read by ECS when a task starts. @default - none */
  readonly secrets?: { [name: string]: Secret };

  /**
   * Namespace of Service Connect in which others find the service by the model's name. They do not come by the load
   * balancer, so that nobody but the network says who may ask: `service.connections` lets them in.
   *
   * @default - none
   */
  readonly serviceConnectNamespace?: string;

  /** What alarms do. @default - nothing: they are there to be seen and to stop deployments */
  readonly alarmActions?: IAlarmAction[];
}
