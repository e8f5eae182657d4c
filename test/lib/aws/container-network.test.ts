import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import { ContainerModel, type ContainerModelProps } from '../../../lib/aws/index.js';
import { Access } from '../../../lib/serving/index.js';
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
