import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { ICluster, Secret } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ImageSource } from '../serving/image-source.js';
import type { ServingProps } from '../serving/props.js';
import type { ModelServer } from '../serving/servers/model-server.js';
import type { ContainerCapacity } from './capacity.js';
import type { ContainerModelData } from './container-model-data.js';
import type { ExistingListener } from './existing-listener.js';
import type { JwtAudienceFormat } from './jwt-audience-format.js';

/** Props of {@link ContainerModel}. */
export interface ContainerModelProps extends ServingProps {
  /** Capacity that the tasks run on. @default ContainerCapacity.fargate() */
  readonly capacity?: ContainerCapacity;

  /** Inference server. @default ModelServer.modelship() */
  readonly server?: ModelServer;

  /** Image of Modelship's runtime. Other servers specify their own image. @default AwsImage.fromAsset() */
  readonly image?: ImageSource;

  /**
   * Source of the model.
   *
   * @default ContainerModelData.fromPackage(), or the folder `/models` in the image for servers with their own image
   */
  readonly modelData?: ContainerModelData;

  /**
   * VPC of the tasks and the load balancer.
   *
   * @default - a new VPC in two Availability Zones, with internet access as `natGateways` says
   */
  readonly vpc?: IVpc;

  /**
   * Number of NAT gateways of the new VPC, at most one in each zone. With 0 the VPC has no internet access and reaches
   * AWS services through VPC endpoints. Synthesis states the price of both.
   *
   * @default - 1 if the image is outside this region's ECR, the server downloads weights, `access` uses JWTs, or
   * `internetFacing` is true; otherwise 0
   */
  readonly natGateways?: number;

  /**
   * IPv4 range of the new VPC, such as `10.20.0.0/16`. Choose one that no network connected to the VPC uses. With two zones
   * it has a prefix of /16 to /25, so that each subnet has room for a load balancer.
   *
   * @default 10.0.0.0/16
   */
  readonly vpcCidr?: string;

  /**
   * Availability Zones of the new VPC, at least two, such as `us-east-1b`. Set them if one of the first two lacks a
   * required service. HTTP APIs have no VPC links in `use1-az3`, and Fargate is not available in `apne1-az3`.
   *
   * @default - the first two zones of the account in the region
   */
  readonly availabilityZones?: string[];

  /**
   * Subnets of the tasks, the GPU instances and the API's VPC link. One subnet per Availability Zone is used.
   *
   * @default - the private subnets of the VPC, or its isolated subnets if it has no private ones
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Subnets of the load balancer, in at least two Availability Zones and with one subnet in each.
   *
   * @default - the subnets of the tasks, or the public subnets with `internetFacing`
   */
  readonly loadBalancerSubnets?: SubnetSelection;

  /**
   * Security groups of the tasks.
   *
   * @default - a new group that allows all outbound traffic, and inbound traffic from the load balancer
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * ECS cluster. It must have Container Insights enabled, which counts the tasks.
   *
   * @default - a new cluster in the VPC
   */
  readonly cluster?: ICluster;

  /**
   * Listener of an existing load balancer, which gets a rule for this service. Its owner decides about the network, TLS,
   * the idle timeout and the access logs of the load balancer. Requires `vpc` or `cluster`, and `Access.jwt()` or
   * `.anonymous()`. Gradual rollouts and `blueGreenBakeTime` need a load balancer of this service.
   *
   * @default - a new load balancer
   */
  readonly listener?: ExistingListener;

  /** Whether the load balancer is reachable from the internet. Requires a `certificate`. @default false */
  readonly internetFacing?: boolean;

  /** TLS certificate of the load balancer. @default - none: the load balancer serves HTTP inside the VPC */
  readonly certificate?: ICertificate;

  /** Domain name that the certificate or that of `listener` is issued for, and that callers use. @default - the load balancer's DNS name */
  readonly domainName?: string;

  /**
   * URL of the JWT issuer's key set (`jwks_uri` in `<issuer>/.well-known/openid-configuration`). The load balancer does
   * not discover this URL. It supports only RS256, and at most 10 keys with a total size of 150 KB.
   *
   * @default - derived from the issuer for Cognito, Entra ID, Okta, Auth0, Keycloak and Google; required for other
   * issuers
   */
  readonly jwksUrl?: string;

  /** Format of the `aud` claim in the issuer's tokens. @default JwtAudienceFormat.SINGLE_STRING */
  readonly jwtAudienceFormat?: JwtAudienceFormat;

  /** Target number of concurrent requests per task. The service scales out above it. @default 8 */
  readonly targetConcurrency?: number;

  /** Target CPU utilization in percent. The service scales out above it. @default 70 */
  readonly targetCpuPercent?: number;

  /**
   * Bake time of a blue/green deployment, 0 to 1440 minutes: both versions run at full size after all traffic has
   * shifted. It cannot be combined with a gradual `rollout`, which has its own bake time.
   *
   * @default - none: a rolling deployment replaces the tasks gradually
   */
  readonly blueGreenBakeTime?: Duration;

  /**
   * Seconds that a task may take to become ready after it starts, 1 to 86400.
   *
   * @default - 300, or 1800 for a `server` that downloads the model itself
   */
  readonly startupSeconds?: number;

  /**
   * Removal policy of the tasks' log group. It applies when the stack is deleted or its first deployment is rolled
   * back. Log events expire after `logRetentionDays` either way.
   *
   * @default RemovalPolicy.RETAIN, so that the log of a failed first deployment can still be read
   */
  readonly logRemovalPolicy?: RemovalPolicy;

  /**
   * Existing role of the containers, which `ecs-tasks.amazonaws.com` can assume. The construct adds its permissions
   * unless the role is immutable.
   *
   * @default - a new role
   */
  readonly taskRole?: IRole;

  /**
   * Existing role that ECS assumes to start the containers. `ecs-tasks.amazonaws.com` must be able to assume it. The
   * construct adds its permissions unless the role is immutable.
   *
   * @default - a new role
   */
  readonly executionRole?: IRole;

  /**
   * KMS key that encrypts the logs, the disks of GPU instances, and the task storage of a cluster that this construct
   * creates. The construct adds the services to the key policy. The policy of an imported key
   * must already allow them. The load balancer's access logs are always encrypted by S3, because Elastic Load Balancing
   * cannot write with a KMS key. ECS Managed Instances encrypt their own disks.
   *
   * @default - AWS-managed encryption
   */
  readonly encryptionKey?: IKey;

  /**
   * Whether operators can run commands in the tasks with ECS Exec. The root file system is then writable, because the
   * agent of ECS Exec writes to it. Commands and their output are logged to the tasks' log group. If your `cluster`
   * configures another destination or a key for them, grant it to `task.taskRole`.
   *
   * @default false
   */
  readonly enableExecuteCommand?: boolean;

  /**
   * Alarms that roll back a deployment. An empty list disables alarm-based rollback.
   *
   * @default - the alarms on errors and latency
   */
  readonly rollbackAlarms?: IAlarm[];

  /** Environment variables with secret values, which ECS reads when a task starts. @default - none */
  readonly secrets?: { [name: string]: Secret };

  /**
   * Service Connect namespace in which other services discover this service by the model's name. Their requests bypass
   * the load balancer and its authentication. Only the network controls access: allow peers with `service.connections`.
   *
   * @default - none
   */
  readonly serviceConnectNamespace?: string;

  /** Actions of the alarms. @default - none: alarms only change their state and roll back deployments */
  readonly alarmActions?: IAlarmAction[];
}
