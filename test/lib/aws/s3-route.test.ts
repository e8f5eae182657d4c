import { App, Stack as MadeStack, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  CfnRoute,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  type PrivateSubnet,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { ContainerModel, ManagedEndpointModel, ServerlessModel, ServerlessModelData } from '../../../lib/aws/index.js';
import { minimal as container } from './container-variants.js';
import { faultsOf } from './faults.js';
import { minimal as endpoint } from './managed-endpoint-variants.js';
import { minimal as serverless } from './serverless-variants.js';

const CONSTRUCTS: Readonly<Record<string, (stack: Stack, vpc: Vpc) => unknown>> = {
  ManagedEndpointModel: (stack, vpc) => new ManagedEndpointModel(stack, 'Iris', { ...endpoint, vpc }),
  ContainerModel: (stack, vpc) => new ContainerModel(stack, 'Iris', { ...container, vpc }),
  'ServerlessModel, model in S3': (stack, vpc) =>
    new ServerlessModel(stack, 'Iris', {
      ...serverless,
      vpc,
      modelData: ServerlessModelData.fromBucket(Bucket.fromBucketName(stack, 'Models', 'mine'), 'iris/1/'),
    }),
};

function isolated(stack: Stack, maxAzs = 2): Vpc {
  return new Vpc(stack, 'Vpc', {
    maxAzs,
    natGateways: 0,
    subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED }],
  });
}

/** Synthesizes a construct in an isolated VPC, to which `open` adds afterwards what it likes. */
function synthesize(name: string, open: (vpc: Vpc) => void = () => {}) {
  const stack = new MadeStack(
    new App({ analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } }),
    'S',
  );
  const vpc = isolated(stack);
  CONSTRUCTS[name]!(stack, vpc);
  open(vpc);
  return Template.fromStack(stack);
}

describe.each(Object.keys(CONSTRUCTS))('%s in isolated subnets', (name) => {
  test('is refused without a way to S3', () => {
    expect(() => synthesize(name)).toThrow(/NO_S3_ROUTE/);
  });

  test.each<[string, (vpc: Vpc) => void]>([
    ['a gateway endpoint', (vpc) => vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 })],
    ['an interface endpoint', (vpc) => vpc.addInterfaceEndpoint('S3', { service: InterfaceVpcEndpointAwsService.S3 })],
    [
      'a route of the user’s',
      (vpc) =>
        new CfnRoute(vpc, 'Route', {
          routeTableId: (vpc.isolatedSubnets[0] as PrivateSubnet).routeTable.routeTableId,
          destinationCidrBlock: '0.0.0.0/0',
          transitGatewayId: 'tgw-1',
        }),
    ],
  ])('is taken with %s', (_what, open) => {
    expect(() => synthesize(name, open)).not.toThrow();
  });

  test('is refused with an endpoint for another service', () => {
    const open = (vpc: Vpc) => vpc.addGatewayEndpoint('Db', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    expect(() => synthesize(name, open)).toThrow(/NO_S3_ROUTE/);
  });
});

const STARTED: Readonly<Record<string, string>> = {
  ManagedEndpointModel: 'AWS::SageMaker::Endpoint',
  ContainerModel: 'AWS::ECS::Service',
  'ServerlessModel, model in S3': 'AWS::Lambda::Function',
};

test.each(Object.entries(STARTED))('%s starts after endpoints and routes that are added later', (name, type) => {
  const template = synthesize(name, (vpc) => {
    vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
  });
  const [id] = Object.keys(template.findResources('AWS::EC2::VPCEndpoint'));
  const [started] = Object.values(template.findResources(type));
  expect(started!.DependsOn).toContain(id);
});

test('an endpoint of SageMaker in one zone is refused', () => {
  const stack = new MadeStack(new App({ analyticsReporting: false }), 'S');
  const vpc = isolated(stack, 1);
  expect(faultsOf(() => new ManagedEndpointModel(stack, 'Iris', { ...endpoint, vpc }))).toEqual([
    'vpcSubnets: NO_SUBNETS',
  ]);
});
