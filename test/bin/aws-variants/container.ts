import { expect, test } from 'vitest';
import type { Answer } from '../../support/aws-calls.js';
import { alarms, call, variants } from './deployed-variants.js';

/** What AWS shows of the variants of ContainerModel. */
export function checkContainers(): void {
  test('a load balancer checks tokens by HTTPS before it forwards', async () => {
    const [listener] = await variants.listenersOf('JWT at the load balancer');
    expect(listener).toMatchObject({ port: 443, protocol: 'HTTPS' });
    const [check, forward] = listener.actions;
    expect(check).toMatchObject({
      Type: 'jwt-validation',
      JwtValidationConfig: {
        Issuer: 'https://example.auth0.com/',
        AdditionalClaims: [{ Name: 'aud', Values: ['iris'] }],
      },
    });
    expect(forward.Type).toBe('forward');
  });

  test.each([
    ['canary', { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 10 } }],
    ['linear', { strategy: 'LINEAR', linearConfiguration: { stepPercent: 20, stepBakeTimeInMinutes: 2 } }],
    ['blue and green', { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 10 }],
  ])('a service has two versions behind two listeners: %s', async (variant, configuration) => {
    const { deploymentConfiguration, loadBalancers } = await variants.serviceOf(variant);
    expect(deploymentConfiguration).toMatchObject(configuration);
    const watched = [...deploymentConfiguration.alarms.alarmNames].sort();
    expect(watched.length).toBeGreaterThan(1);
    expect(await alarms(watched)).toEqual(watched);
    const [{ targetGroupArn, advancedConfiguration }] = loadBalancers;
    const listeners = await variants.listenersOf(variant);
    expect(listeners.map(({ port }) => port).sort()).toEqual([80, 9000]);
    for (const { actions } of listeners) {
      expect(actions.at(-1).ForwardConfig.TargetGroups).toEqual([
        { TargetGroupArn: targetGroupArn, Weight: 100 },
        { TargetGroupArn: advancedConfiguration.alternateTargetGroupArn, Weight: 0 },
      ]);
    }
  });

  test('a VPC that was made has endpoints and no way out, unless one is needed', async () => {
    const network = async (variant: string) => {
      const VpcId = await variants.only('container', variant, 'AWS::EC2::VPC');
      const Filters = [{ Name: 'vpc-id', Values: [VpcId] }];
      const { VpcEndpoints } = await call('ec2', 'describe_vpc_endpoints', { Filters });
      return VpcEndpoints.map(({ ServiceName }: Answer) => ServiceName.replace('com.amazonaws.eu-west-1.', '')).sort();
    };
    const gateways = (variant: string) => variants.those('container', variant, 'AWS::EC2::NatGateway');
    expect(await network('network only')).toEqual(['ecr.api', 'ecr.dkr', 'logs', 's3']);
    expect(await gateways('network only')).toEqual([]);
    expect(await network('JWT at the load balancer')).toEqual(['s3']);
    expect(await gateways('JWT at the load balancer')).toHaveLength(1);
  });

  test.each(['GPU', 'GPU on instances that ECS manages'])(
    'tasks with GPUs find their instances: %s',
    async (variant) => {
      const { capacityProviderStrategy, clusterArn } = await variants.serviceOf(variant);
      const [{ capacityProvider }] = capacityProviderStrategy;
      const providers = await call('ecs', 'describe_capacity_providers', { capacityProviders: [capacityProvider] });
      const [{ autoScalingGroupProvider, managedInstancesProvider, cluster }] = providers.capacityProviders;
      if (managedInstancesProvider) {
        expect(clusterArn).toContain(cluster);
        const { instanceRequirements } = managedInstancesProvider.instanceLaunchTemplate;
        expect(instanceRequirements).toMatchObject({
          acceleratorManufacturers: ['nvidia'],
          acceleratorCount: { min: 1 },
        });
      } else {
        const group = await variants.only('container', variant, 'AWS::AutoScaling::AutoScalingGroup');
        expect(autoScalingGroupProvider).toMatchObject({
          autoScalingGroupArn: group,
          managedScaling: { status: 'ENABLED' },
        });
        const { clusters } = await call('ecs', 'describe_clusters', { clusters: [clusterArn] });
        expect(clusters[0].capacityProviders).toContain(capacityProvider);
      }
      const [{ resourceRequirements }] = (await variants.taskOf(variant)).containerDefinitions;
      expect(resourceRequirements).toEqual([{ type: 'GPU', value: '1' }]);
    },
  );

  test('a task mounts the file system that holds its model, to be read', async () => {
    const { volumes, containerDefinitions } = await variants.taskOf('model on a file system');
    const [{ efsVolumeConfiguration }] = volumes.filter(({ name }: Answer) => name === 'models');
    expect(efsVolumeConfiguration).toMatchObject({
      fileSystemId: await variants.only('container', 'model on a file system', 'AWS::EFS::FileSystem'),
      transitEncryption: 'ENABLED',
      authorizationConfig: { iam: 'ENABLED' },
    });
    expect(containerDefinitions[0].mountPoints).toContainEqual({
      sourceVolume: 'models',
      containerPath: '/mnt/models',
      readOnly: true,
    });
  });

  test('a service is found by Service Connect', async () => {
    const { deployments } = await variants.serviceOf('Service Connect in a cluster that is there');
    expect(deployments[0].serviceConnectConfiguration).toMatchObject({
      enabled: true,
      namespace: 'models.local',
      services: [{ portName: 'http', discoveryName: 'iris' }],
    });
  });
}
