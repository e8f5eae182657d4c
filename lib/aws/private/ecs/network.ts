import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  type IConnectable,
  type InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { warn } from '../shared/cost-warnings.js';

export interface NetworkProps {
  /** Whether anything outside AWS must be reached, or must reach the load balancer. */
  readonly internet: boolean;
  /** Whether EC2 instances join the cluster, which takes more of ECS's endpoints. */
  readonly instances: boolean;
  readonly secrets: boolean;
  /** @default - the first two of the account */
  readonly availabilityZones?: string[];
  readonly retention: RetentionDays;
}

/** A VPC for one service: private subnets in two zones, and no way out unless one is needed. */
export class Network extends Construct {
  readonly vpc: Vpc;
  /** Of AWS's own services; none if there is a way to the internet. */
  readonly endpoints: InterfaceVpcEndpoint[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const logs = new LogGroup(this, 'FlowLogs', { retention: props.retention, removalPolicy: RemovalPolicy.DESTROY });
    this.vpc = new Vpc(this, 'Resource', {
      ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
      ...(props.availabilityZones ? { availabilityZones: props.availabilityZones } : { maxAzs: 2 }),
      natGateways: props.internet ? 1 : 0,
      subnetConfiguration: props.internet
        ? [
            { name: 'public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
            { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
          ]
        : [{ name: 'private', subnetType: SubnetType.PRIVATE_ISOLATED }],
      flowLogs: { All: { destination: FlowLogDestination.toCloudWatchLogs(logs) } },
      // Layers of images lie in S3 too, and the endpoint costs nothing.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    this.endpoints = props.internet ? [] : this.makeEndpoints(props);
    warn(this, props.internet ? 'modelship:natGateway' : 'modelship:idleEndpoints');
  }

  /** Lets `peer` call AWS's services. */
  admit(peer: IConnectable): void {
    for (const endpoint of this.endpoints) endpoint.connections.allowDefaultPortFrom(peer);
  }

  /** What a task needs to start and to log, and an instance to join. */
  private makeEndpoints({ instances, secrets }: NetworkProps): InterfaceVpcEndpoint[] {
    const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER, SSM, ECS, ECS_AGENT, ECS_TELEMETRY } =
      InterfaceVpcEndpointAwsService;
    const services = {
      Ecr: ECR,
      EcrDocker: ECR_DOCKER,
      Logs: CLOUDWATCH_LOGS,
      // A secret does not say which of the two it is in.
      ...(secrets ? { Secrets: SECRETS_MANAGER, Parameters: SSM } : {}),
      ...(instances ? { Ecs: ECS, EcsAgent: ECS_AGENT, EcsTelemetry: ECS_TELEMETRY } : {}),
    };
    return Object.entries(services).map(([id, service]) => this.vpc.addInterfaceEndpoint(id, { service, open: false }));
  }
}
