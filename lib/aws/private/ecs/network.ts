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
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { warn } from '../shared/cost-warnings.js';

export interface NetworkProps {
  /** Whether the VPC needs internet access, for services without a VPC endpoint or an internet-facing load balancer. */
  readonly internet: boolean;
  /** Whether EC2 instances join the cluster, which requires additional endpoints of ECS. */
  readonly instances: boolean;
  readonly secrets: boolean;
  /** @default - the first two zones of the account */
  readonly availabilityZones?: string[];
  /** Whether operators run commands in the tasks with ECS Exec. */
  readonly commands: boolean;
  readonly logs: LogGroupProps;
}

/** VPC for one service: private subnets in two zones, and no internet access unless required. */
export class Network extends Construct {
  readonly vpc: Vpc;
  /** Interface endpoints of AWS services; empty if the VPC has internet access. */
  readonly endpoints: InterfaceVpcEndpoint[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const logs = new LogGroup(this, 'FlowLogs', props.logs);
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
      // Image layers are stored in S3 too, and the gateway endpoint is free.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    this.endpoints = props.internet ? [] : this.makeEndpoints(props);
    warn(this, props.internet ? 'modelship:natGateway' : 'modelship:idleEndpoints');
  }

  /** Allows `peer` to call AWS services through the endpoints. */
  admit(peer: IConnectable): void {
    for (const endpoint of this.endpoints) endpoint.connections.allowDefaultPortFrom(peer);
  }

  /** Endpoints that a task needs to start and to log, and that an instance needs to join the cluster. */
  private makeEndpoints({ instances, secrets, commands }: NetworkProps): InterfaceVpcEndpoint[] {
    const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER, SSM, SSM_MESSAGES, ECS, ECS_AGENT, ECS_TELEMETRY } =
      InterfaceVpcEndpointAwsService;
    const services = {
      Ecr: ECR,
      EcrDocker: ECR_DOCKER,
      Logs: CLOUDWATCH_LOGS,
      // A secret does not reveal whether Secrets Manager or Parameter Store holds it.
      ...(secrets ? { Secrets: SECRETS_MANAGER, Parameters: SSM } : {}),
      ...(commands ? { Commands: SSM_MESSAGES } : {}),
      ...(instances ? { Ecs: ECS, EcsAgent: ECS_AGENT, EcsTelemetry: ECS_TELEMETRY } : {}),
    };
    return Object.entries(services).map(([id, service]) => this.vpc.addInterfaceEndpoint(id, { service, open: false }));
  }
}
