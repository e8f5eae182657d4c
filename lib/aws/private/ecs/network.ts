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
import { idleCost } from '../../../cost/monthly-cost.js';
import { warn } from '../shared/cost-warnings.js';

export interface NetworkProps {
  /** Number of NAT gateways. With 0 the VPC has no internet access, and reaches AWS services through endpoints. */
  readonly natGateways: number;
  /** Whether EC2 instances join the cluster, which requires additional endpoints of ECS. */
  readonly instances: boolean;
  readonly secrets: boolean;
  /** @default 10.0.0.0/16 */
  readonly cidr?: string;
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
    const { natGateways } = props;
    const logs = new LogGroup(this, 'FlowLogs', props.logs);
    this.vpc = new Vpc(this, 'Resource', {
      ipAddresses: IpAddresses.cidr(props.cidr ?? '10.0.0.0/16'),
      ...(props.availabilityZones ? { availabilityZones: props.availabilityZones } : { maxAzs: 2 }),
      natGateways,
      subnetConfiguration:
        natGateways > 0
          ? [
              { name: 'public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
              { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
            ]
          : [{ name: 'private', subnetType: SubnetType.PRIVATE_ISOLATED }],
      flowLogs: { All: { destination: FlowLogDestination.toCloudWatchLogs(logs) } },
      // Image layers are stored in S3 too, and the gateway endpoint is free.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    const services = endpointServices(props);
    this.endpoints =
      natGateways > 0
        ? []
        : Object.entries(services).map(([id, service]) => this.vpc.addInterfaceEndpoint(id, { service, open: false }));
    this.warnAboutPrice(natGateways, Object.keys(services).length);
  }

  /** Allows `peer` to call AWS services through the endpoints. */
  admit(peer: IConnectable): void {
    for (const endpoint of this.endpoints) endpoint.connections.allowDefaultPortFrom(peer);
  }

  /** States the monthly price of the network, and of the other way to reach AWS services. */
  private warnAboutPrice(natGateways: number, services: number): void {
    const zones = this.vpc.availabilityZones.length;
    const endpoints = `${services} interface endpoints in ${zones} zones cost ${monthlyUsd(['aws.vpce.hour', services * zones])}`;
    const gateways = (count: number) =>
      `${count === 1 ? 'one NAT gateway costs' : `${count} NAT gateways cost`} ` +
      `${monthlyUsd(['aws.nat.hour', count], ['aws.ipv4.hour', count])} a month, plus a charge per GB of traffic`;
    if (natGateways === 0) {
      warn(this, 'modelship:idleEndpoints', `${endpoints} a month. With \`natGateways: 1\`, ${gateways(1)}`);
    } else {
      warn(this, 'modelship:natGateway', `${gateways(natGateways)}. Without internet access, ${endpoints} a month`);
    }
  }
}

/** Services that a task needs to start and to log, and that an instance needs to join the cluster. */
function endpointServices({ instances, secrets, commands }: NetworkProps) {
  const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER, SSM, SSM_MESSAGES, ECS, ECS_AGENT, ECS_TELEMETRY } =
    InterfaceVpcEndpointAwsService;
  return {
    Ecr: ECR,
    EcrDocker: ECR_DOCKER,
    Logs: CLOUDWATCH_LOGS,
    // A secret does not reveal whether Secrets Manager or Parameter Store holds it.
    ...(secrets ? { Secrets: SECRETS_MANAGER, Parameters: SSM } : {}),
    ...(commands ? { Commands: SSM_MESSAGES } : {}),
    ...(instances ? { Ecs: ECS, EcsAgent: ECS_AGENT, EcsTelemetry: ECS_TELEMETRY } : {}),
  };
}

/** Formats the monthly list price of resources that are billed by the hour. */
function monthlyUsd(...resources: readonly (readonly [price: string, count: number])[]): string {
  const parts = resources.map(([price, quantity]) => ({ what: price, price, quantity }));
  return `$${idleCost(parts).monthlyUsd.toFixed(2)}`;
}
