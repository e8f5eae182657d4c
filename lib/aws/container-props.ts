import type { RemovalPolicy } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { ICluster, Secret } from 'aws-cdk-lib/aws-ecs';
import type { ImageSource } from '../serving/image-source.js';
import type { ServingProps } from '../serving/props.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { ContainerCapacity } from './capacity.js';
import type { ContainerModelData } from './container-model-data.js';
import type { JwtAudienceFormat } from './jwt-audience-format.js';

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

  /**
   * Zones of the VPC that is made here, at least two, such as `us-east-1b`. Choose them where the first two lack a service:
   * HTTP APIs have no VPC links in `use1-az3`, and Fargate is not in `apne1-az3`.
   *
   * @default - the first two of the account in the region
   */
  readonly availabilityZones?: string[];

  /**
   * Subnets of the tasks, of the instances with GPUs, and of the API on its way to the load balancer: one in each zone is
   * used.
   *
   * @default - the private subnets of the VPC, or, if it has none, its isolated ones
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Subnets of the load balancer: at least two zones, and one subnet in each.
   *
   * @default - those of the tasks; with `internetFacing` the public ones
   */
  readonly loadBalancerSubnets?: SubnetSelection;

  /** Security groups of the tasks. @default - a new one that allows all outbound traffic and inbound from the load balancer */
  readonly securityGroups?: ISecurityGroup[];

  /** Must have Container Insights on, by which tasks are counted. @default - a new one in the VPC */
  readonly cluster?: ICluster;

  /** Whether the load balancer can be reached from the internet, which takes a `certificate`. @default false */
  readonly internetFacing?: boolean;

  /** Of the load balancer. @default - none: HTTP inside the VPC */
  readonly certificate?: ICertificate;

  /** The name that the certificate is for, and that callers use. @default - the load balancer's own */
  readonly domainName?: string;

  /**
   * URL of the JWT issuer's keys (`jwks_uri` in `<issuer>/.well-known/openid-configuration`). The load balancer does not
   * discover it, takes RS256 alone, and at most 10 keys of 150 KB together.
   *
   * @default - known for Cognito, Entra ID, Okta, Auth0, Keycloak and Google by the issuer; required for others
   */
  readonly jwksUrl?: string;

  /** Form of the `aud` claim in the issuer's tokens. @default JwtAudienceFormat.SINGLE_STRING */
  readonly jwtAudienceFormat?: JwtAudienceFormat;

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

  /**
   * What happens to the tasks' log group when the stack is deleted, or when its first deployment is rolled back. The events
   * expire after `logRetentionDays` either way.
   *
   * @default RemovalPolicy.RETAIN, so that the log of a failed first deployment can still be read
   */
  readonly logRemovalPolicy?: RemovalPolicy;

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
