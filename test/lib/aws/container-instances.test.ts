import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import { describe, expect, test } from 'vitest';
import { ContainerCapacity, ContainerModel } from '../../../lib/aws/index.js';
import { containerOf, make, only } from './container-support.js';
import { minimal, VARIANTS } from './container-variants.js';
import { text } from './granted-actions.js';

describe('ContainerModel', () => {
  test('runs on encrypted GPU instances that follow the tasks', () => {
    const { template } = make({ capacity: ContainerCapacity.gpu({ instanceType: 'g6.xlarge', gpuCount: 1 }) });
    expect(containerOf(template())).toMatchObject({
      ResourceRequirements: [{ Type: 'GPU', Value: '1' }],
      Cpu: 3072,
      Memory: 12_288,
    });
    const { LaunchTemplateData: data } = only(template(), 'AWS::EC2::LaunchTemplate');
    expect(data).toMatchObject({ InstanceType: 'g6.xlarge', MetadataOptions: { HttpTokens: 'required' } });
    expect(data.BlockDeviceMappings[0].Ebs.Encrypted).toBe(true);
    expect(text(data.UserData['Fn::Base64'])).toContain('echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config');
    expect(only(template(), 'AWS::ECS::CapacityProvider').AutoScalingGroupProvider.ManagedScaling.Status).toBe(
      'ENABLED',
    );
  });

  test('runs on instances with GPUs that ECS manages', () => {
    const { template } = make(VARIANTS['GPU on instances that ECS manages']!);
    expect(only(template(), 'AWS::ECS::TaskDefinition')).toMatchObject({
      RequiresCompatibilities: ['MANAGED_INSTANCES'],
      Cpu: '3072',
      Memory: '12288',
      ContainerDefinitions: [{ ResourceRequirements: [{ Type: 'GPU', Value: '1' }] }],
    });
    const provider = only(template(), 'AWS::ECS::CapacityProvider').ManagedInstancesProvider;
    expect(provider.InstanceLaunchTemplate).toMatchObject({
      Monitoring: 'DETAILED',
      StorageConfiguration: { StorageSizeGiB: 100 },
      InstanceRequirements: {
        AllowedInstanceTypes: ['g5.xlarge'],
        AcceleratorTypes: ['gpu'],
        AcceleratorManufacturers: ['nvidia'],
        AcceleratorCount: { Min: 1 },
        VCpuCount: { Min: 3 },
        MemoryMiB: { Min: 12_288 },
      },
    });
    const [id] = Object.keys(template().findResources('AWS::ECS::CapacityProvider'));
    const service = only(template(), 'AWS::ECS::Service');
    expect(service.CapacityProviderStrategy).toEqual([{ CapacityProvider: { Ref: id }, Weight: 1 }]);
    template().hasResource('AWS::ECS::Service', { DependsOn: Match.arrayWith([id]) });
    expect(service.LaunchType).toBeUndefined();
    template().resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 0);
  });

  test('lets ECS hand out the role of managed instances, whose name it makes up in each region', () => {
    const { stack, service, template } = make(VARIANTS['GPU on instances that ECS manages']!);
    const { role } = service.managedInstances!;
    for (const { Properties } of Object.values(template().findResources('AWS::IAM::Role'))) {
      expect(Properties.RoleName).toBeUndefined();
    }
    expect(only(template(), 'AWS::IAM::InstanceProfile').Roles).toEqual([stack.resolve(role.roleName)]);
    template().hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: 'iam:PassRole',
            Effect: 'Allow',
            Resource: stack.resolve(role.roleArn),
            Condition: {
              StringEquals: { 'iam:PassedToService': { 'Fn::Join': ['', ['ec2.', { Ref: 'AWS::URLSuffix' }]] } },
            },
          },
        ],
      },
    });
  });

  test('may be a part of the cluster that it is in', () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'S');
    const cluster = new Cluster(stack, 'Cluster', { vpc: new Vpc(stack, 'Vpc') });
    const capacity = ContainerCapacity.fargate({ spot: true });
    new ContainerModel(cluster, 'Iris', { ...minimal, cluster, capacity });
    expect(() => Template.fromStack(stack)).not.toThrow();
  });

  test('runs on managed instances in a cluster of another app', () => {
    const { template } = make((stack) => ({
      capacity: ContainerCapacity.managedGpu(),
      cluster: Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'all', vpc: new Vpc(stack, 'Vpc') }),
    }));
    expect(only(template(), 'AWS::ECS::CapacityProvider').ClusterName).toBe('all');
  });

  test('replaces instances when there is a new image of them, and has as many before', () => {
    const { template } = make({ capacity: ContainerCapacity.gpu(), minReplicas: 2, maxReplicas: 3 });
    template().hasResource('AWS::AutoScaling::AutoScalingGroup', {
      Properties: { MinSize: '2', MaxSize: '6' },
      UpdatePolicy: { AutoScalingRollingUpdate: { MinInstancesInService: 2 } },
    });
  });

  test('runs on Fargate on demand by the launch type, which every cluster has', () => {
    const { template } = make();
    const service = only(template(), 'AWS::ECS::Service');
    expect(service.LaunchType).toBe('FARGATE');
    expect(service.CapacityProviderStrategy).toBeUndefined();
    template().resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 0);
  });

  test.each([
    ['Spot', { capacity: ContainerCapacity.fargate({ spot: true }) }, 'FARGATE_SPOT'],
    [
      'Spot in a cluster that is there',
      (stack: Stack) => ({
        cluster: new Cluster(stack, 'Cluster', { vpc: new Vpc(stack, 'Vpc') }),
        capacity: ContainerCapacity.fargate({ spot: true }),
      }),
      'FARGATE_SPOT',
    ],
    [
      'instances with GPUs',
      { capacity: ContainerCapacity.gpu() },
      { Ref: expect.stringContaining('InstancesCapacityProvider') },
    ],
  ])('gives the cluster its capacity provider before the service names it: %s', (_what, props, provider) => {
    const { template } = make(props);
    const [[id, association]] = Object.entries(
      template().findResources('AWS::ECS::ClusterCapacityProviderAssociations'),
    ) as [[string, { Properties: { CapacityProviders: unknown[] } }]];
    expect(association.Properties.CapacityProviders).toContainEqual(provider);
    const [service] = Object.values(template().findResources('AWS::ECS::Service'));
    expect(service!.Properties.CapacityProviderStrategy).toEqual([{ CapacityProvider: provider, Weight: 1 }]);
    expect(service!.DependsOn).toContain(id);
  });
});
