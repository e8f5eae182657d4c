import { App, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import { ContainerModel, type ContainerModelProps } from '../../../lib/aws/index.js';
import { Access, ImageSource } from '../../../lib/serving/index.js';
import { certificate, minimal } from './container-variants.js';
import { faultsOf } from './faults.js';

type Props = Partial<ContainerModelProps>;

function make(props: (stack: Stack) => Props) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S', {
    env: { account: '123456789012', region: 'us-east-1' },
  });
  stack.node.setContext('availability-zones:account=123456789012:region=us-east-1', ['a', 'b', 'c', 'd']);
  const service = new ContainerModel(stack, 'Iris', { ...minimal, ...props(stack) });
  return { service, stack, template: Template.fromStack(stack) };
}

/** A VPC as platform teams make it: private subnets for apps and others for data, in each of two zones. */
const tiered = (stack: Stack) =>
  new Vpc(stack, 'V', {
    maxAzs: 2,
    natGateways: 1,
    subnetConfiguration: [
      { name: 'public', subnetType: SubnetType.PUBLIC },
      { name: 'app', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      { name: 'data', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    ],
  });

/** Names of the subnets that the resources of a type are in. */
function subnets(template: Template, type: string, of: (properties: Record<string, unknown>) => unknown): string[] {
  const [resource] = Object.values(template.findResources(type));
  return (of(resource!.Properties) as { Ref: string }[]).map(({ Ref }) => Ref.replace(/Subnet[0-9A-F]{8}$/, ''));
}

const placed = (template: Template) => ({
  loadBalancer: subnets(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', ({ Subnets }) => Subnets),
  tasks: subnets(
    template,
    'AWS::ECS::Service',
    // biome-ignore lint/suspicious/noExplicitAny: a template is whatever CloudFormation allows
    ({ NetworkConfiguration }: any) => NetworkConfiguration.AwsvpcConfiguration.Subnets,
  ),
});

describe('natGateways', () => {
  const make = (props: Partial<ContainerModelProps>) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'S');
    new ContainerModel(stack, 'Iris', { ...minimal, ...props });
    return stack;
  };
  const count = (props: Partial<ContainerModelProps>, type: string) =>
    Object.keys(Template.fromStack(make(props)).findResources(type)).length;
  const price = (props: Partial<ContainerModelProps>, id: string) => {
    const [warning] = Annotations.fromStack(make(props)).findWarning('*', Match.stringLikeRegexp(`modelship:${id}`));
    return String(warning!.entry.data);
  };
  const elsewhere = ImageSource.fromRegistry('ghcr.io/a/b:1');

  test.each([
    [{}, 0, 3],
    [{ natGateways: 1 }, 1, 0],
    [{ natGateways: 2 }, 2, 0],
    [{ image: elsewhere }, 1, 0],
    [{ image: elsewhere, natGateways: 2 }, 2, 0],
  ])('%j makes %i gateways and %i interface endpoints', (props, gateways, endpoints) => {
    expect(count(props, 'AWS::EC2::NatGateway')).toBe(gateways);
    const interfaces = Object.values(Template.fromStack(make(props)).findResources('AWS::EC2::VPCEndpoint')).filter(
      ({ Properties }) => Properties.VpcEndpointType === 'Interface',
    );
    expect(interfaces).toHaveLength(endpoints);
  });

  // By hand, for 730 hours: 3 endpoints in 2 zones at 0.01 = 43.80; a gateway at 0.045 and its address at 0.005 = 36.50.
  test('states its price and that of the other way', () => {
    expect(price({}, 'idleEndpoints')).toMatch(
      /3 interface endpoints in 2 zones cost \$43\.80 a month\. .*costs \$36\.50 a month/,
    );
    expect(price({ natGateways: 2 }, 'natGateway')).toMatch(
      /2 NAT gateways cost \$73\.00 a month.* cost \$43\.80 a month/,
    );
  });

  test.each<[Partial<ContainerModelProps>, string]>([
    [{ natGateways: 3 }, 'natGateways: OUT_OF_RANGE'],
    [{ natGateways: 0, image: elsewhere }, 'natGateways: UNREACHABLE'],
    [{ natGateways: Lazy.number({ produce: () => 1 }) }, 'natGateways: UNRESOLVED_TOKEN'],
  ])('%j is refused', (props, fault) => {
    expect(faultsOf(() => make(props))).toEqual([fault]);
  });

  test('is refused beside a VPC that exists', () => {
    const stack = new Stack();
    const vpc = new Vpc(stack, 'Vpc');
    expect(faultsOf(() => new ContainerModel(stack, 'Iris', { ...minimal, vpc, natGateways: 1 }))).toEqual([
      'natGateways: CONFLICT',
    ]);
  });
});

test('availabilityZones are those of the subnets, where a zone lacks the instance type or the service', () => {
  const availabilityZones = ['b', 'd'];
  const { template } = make(() => ({ availabilityZones }));
  const zones = Object.values(template.findResources('AWS::EC2::Subnet')).map(
    ({ Properties }) => Properties.AvailabilityZone,
  );
  expect([...new Set(zones)].sort()).toEqual(availabilityZones);
});

describe('vpcCidr', () => {
  test('is the range of the VPC and of its subnets', () => {
    const { template } = make(() => ({ vpcCidr: '10.20.0.0/25', natGateways: 1 }));
    template.hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '10.20.0.0/25' });
    const found = Object.values(template.findResources('AWS::EC2::Subnet')).map(
      ({ Properties }) => Properties.CidrBlock,
    );
    expect(found.sort()).toEqual(['10.20.0.0/27', '10.20.0.32/27', '10.20.0.64/27', '10.20.0.96/27']);
  });

  test.each<[Partial<ContainerModelProps>, string]>([
    [{ vpcCidr: '10.20.0.0' }, 'vpcCidr: BAD_TEXT'],
    [{ vpcCidr: '10.20.0.0/16/8' }, 'vpcCidr: BAD_TEXT'],
    [{ vpcCidr: '10.20.0.0/15' }, 'vpcCidr: OUT_OF_RANGE'],
    [{ vpcCidr: '10.20.0.0/26' }, 'vpcCidr: OUT_OF_RANGE'],
    [{ vpcCidr: '10.20.0.0/25', availabilityZones: ['a', 'b', 'c'] }, 'vpcCidr: OUT_OF_RANGE'],
    [{ vpcCidr: Lazy.string({ produce: () => '10.0.0.0/16' }) }, 'vpcCidr: UNRESOLVED_TOKEN'],
  ])('%j is rejected', (props, fault) => {
    expect(faultsOf(() => make(() => props))).toContain(fault);
  });

  test('is rejected beside a VPC that exists', () => {
    expect(faultsOf(() => make((stack) => ({ vpc: tiered(stack), vpcCidr: '10.20.0.0/16' })))).toEqual([
      'vpcCidr: CONFLICT',
    ]);
  });
});

describe('ContainerModel in a VPC with several groups of private subnets', () => {
  const APP = ['VappSubnet1', 'VappSubnet2'];
  const DATA = ['VdataSubnet1', 'VdataSubnet2'];

  test('takes one subnet in each zone, because a load balancer is refused with two', () => {
    const { template } = make((stack) => ({ vpc: tiered(stack) }));
    expect(placed(template)).toEqual({ loadBalancer: APP, tasks: APP });
    expect(subnets(template, 'AWS::ApiGatewayV2::VpcLink', ({ SubnetIds }) => SubnetIds)).toEqual(APP);
  });

  test('takes those that it is told', () => {
    const { template } = make((stack) => ({
      vpc: tiered(stack),
      vpcSubnets: { subnetGroupName: 'data' },
      loadBalancerSubnets: { subnetGroupName: 'app' },
    }));
    expect(placed(template)).toEqual({ loadBalancer: APP, tasks: DATA });
  });

  test('has the load balancer in public subnets where the internet reaches it', () => {
    const { template } = make((stack) => ({
      vpc: tiered(stack),
      access: Access.anonymous(),
      internetFacing: true,
      certificate: certificate(stack),
    }));
    expect(placed(template)).toEqual({ loadBalancer: ['VpublicSubnet1', 'VpublicSubnet2'], tasks: APP });
  });

  test('gives tasks the security groups of the user', () => {
    const { template, stack, service } = make((stack) => {
      const vpc = tiered(stack);
      return { vpc, securityGroups: [new SecurityGroup(stack, 'Own', { vpc })] };
    });
    const [{ Properties }] = Object.values(template.findResources('AWS::ECS::Service')) as [
      { Properties: { NetworkConfiguration: { AwsvpcConfiguration: { SecurityGroups: unknown } } } },
    ];
    const own = service.service.connections.securityGroups.map((group) => stack.resolve(group.securityGroupId));
    expect(Properties.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups).toEqual(own);
    expect(JSON.stringify(own)).toMatch(/"Own/);
  });

  test.each<[string, (stack: Stack) => Props, string[]]>([
    [
      'two subnets in a zone for the load balancer',
      (stack) => ({ vpc: tiered(stack), loadBalancerSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } }),
      ['loadBalancerSubnets: DUPLICATE'],
    ],
    [
      'one zone',
      (stack) => ({
        vpc: tiered(stack),
        loadBalancerSubnets: { availabilityZones: ['a'], subnetGroupName: 'app' },
      }),
      ['loadBalancerSubnets: NO_SUBNETS'],
    ],
    [
      'subnets and security groups of no VPC',
      () => ({ vpcSubnets: {}, loadBalancerSubnets: {}, securityGroups: [] }),
      ['vpcSubnets: MISSING', 'loadBalancerSubnets: MISSING', 'securityGroups: MISSING'],
    ],
    [
      'zones beside a VPC that has its own',
      (stack) => ({ vpc: tiered(stack), availabilityZones: ['a', 'b'] }),
      ['availabilityZones: CONFLICT'],
    ],
    ['one zone of a VPC to make', () => ({ availabilityZones: ['a'] }), ['availabilityZones: OUT_OF_RANGE']],
  ])('refuses %s', (_what, props, faults) => {
    expect(faultsOf(() => make(props))).toEqual(faults);
  });
});

test('the VPC that ContainerModel makes is in the zones that it is told', () => {
  const { template } = make(() => ({ availabilityZones: ['b', 'd'] }));
  const zones = Object.values(template.findResources('AWS::EC2::Subnet')).map(
    ({ Properties }) => Properties.AvailabilityZone,
  );
  expect([...new Set(zones)].sort()).toEqual(['b', 'd']);
});
