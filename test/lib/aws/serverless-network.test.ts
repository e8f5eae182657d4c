import { Match } from 'aws-cdk-lib/assertions';
import { type ISecurityGroup, Port, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import { faults, make } from './serverless-support.js';

const PUBLIC = [{ name: 'Public', subnetType: SubnetType.PUBLIC }];

describe('ServerlessModel in a network', () => {
  const { template: synthesize, endpoint } = make((stack) => ({ vpc: new Vpc(stack, 'Vpc') }));
  endpoint.connections.allowToAnyIpv4(Port.tcp(443));
  const template = synthesize();

  test('runs in the private subnets, with a security group that lets nothing in', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      VpcConfig: {
        SubnetIds: [1, 2].map((zone) => ({ Ref: Match.stringLikeRegexp(`^VpcPrivateSubnet${zone}`) })),
        SecurityGroupIds: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^IrisSecurityGroup'), 'GroupId'] }],
      },
    });
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
  });

  test('lets Lambda make its network interfaces, and the code of the function none', () => {
    const actions = Match.arrayWith(['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface']);
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          { Effect: 'Allow', Action: actions, Resource: '*' },
          {
            Effect: 'Deny',
            Action: actions,
            Resource: '*',
            Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
          },
        ]),
      },
    });
    template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  });

  test('in the subnets and with the groups that are given', () => {
    make((stack) => {
      const vpc = new Vpc(stack, 'Vpc', {
        subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED }],
      });
      return {
        vpc,
        vpcSubnets: { availabilityZones: [vpc.availabilityZones[0]!], subnetType: SubnetType.PRIVATE_ISOLATED },
        securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Given', 'sg-0123456789abcdef0')],
      };
    })
      .template()
      .hasResourceProperties('AWS::Lambda::Function', {
        VpcConfig: { SubnetIds: [Match.anyValue()], SecurityGroupIds: ['sg-0123456789abcdef0'] },
      });
  });
});

test('has no network of its own unless one is given, and no right to one', () => {
  const { template, endpoint } = make();
  template().hasResourceProperties('AWS::Lambda::Function', { VpcConfig: Match.absent() });
  expect(JSON.stringify(template().findResources('AWS::IAM::Policy'))).not.toContain('ec2:');
  expect(() => endpoint.connections).toThrow(/VPC/i);
});

test('ServerlessModel rejects a VPC with only public subnets, and subnets and groups without a VPC', () => {
  expect(faults((stack) => ({ vpc: new Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: PUBLIC }) }))).toEqual([
    'vpc: NO_SUBNETS',
  ]);
  expect(faults({ vpcSubnets: {}, securityGroups: [] as ISecurityGroup[] })).toEqual([
    'vpcSubnets: CONFLICT',
    'securityGroups: CONFLICT',
  ]);
});
