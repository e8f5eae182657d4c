import { CfnParameter, Lazy } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { Access } from '../../../lib/serving/index.js';
import { containerOf, faults, make, only } from './container-support.js';
import { VARIANTS } from './container-variants.js';

describe('ContainerModel', () => {
  test('runs on Fargate with an Arm processor, read-only but for /tmp', () => {
    const { template } = make();
    expect(only(template(), 'AWS::ECS::TaskDefinition')).toMatchObject({
      Cpu: '1024',
      Memory: '2048',
      RuntimePlatform: { CpuArchitecture: 'ARM64' },
    });
    expect(containerOf(template())).toMatchObject({
      ReadonlyRootFilesystem: true,
      MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false }],
    });
    expect(only(template(), 'AWS::ECS::Service').NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp).toBe(
      'DISABLED',
    );
  });

  test('takes its times from the runtime: start, drain, and what is in flight', () => {
    const { template } = make({ timeoutSeconds: 20 });
    expect(containerOf(template())).toMatchObject({ StopTimeout: 10, HealthCheck: { StartPeriod: 300 } });
    expect(only(template(), 'AWS::ECS::Service').HealthCheckGracePeriodSeconds).toBe(300);
    const group = only(template(), 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(group.HealthCheckPath).toBe('/v2/health/ready');
    expect(group.TargetGroupAttributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '20' });
  });

  test('gives secrets to the container without writing them into the template', () => {
    const { template } = make(VARIANTS.secrets!);
    expect(containerOf(template()).Secrets).toEqual([{ Name: 'TOKEN', ValueFrom: expect.anything() }]);
    expect(containerOf(template()).Environment.map(({ Name }: { Name: string }) => Name)).not.toContain('TOKEN');
  });

  test('can be found by Service Connect', () => {
    const { template } = make({ serviceConnectNamespace: 'models' });
    expect(only(template(), 'AWS::ECS::Service').ServiceConnectConfiguration).toMatchObject({
      Enabled: true,
      Namespace: 'models',
      Services: [{ PortName: 'http', DiscoveryName: 'iris' }],
    });
  });

  test('lets tokens pass every check', () => {
    const token = Lazy.number({ produce: () => 2 });
    expect(faults({ minReplicas: token, maxReplicas: token })).toEqual([]);
  });

  test('lets the load balancer wait no longer than it can', () => {
    const { template } = make({ access: Access.anonymous(), timeoutSeconds: 4000 });
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::LoadBalancer').LoadBalancerAttributes).toContainEqual({
      Key: 'idle_timeout.timeout_seconds',
      Value: '4000',
    });
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::TargetGroup').TargetGroupAttributes).toContainEqual({
      Key: 'deregistration_delay.timeout_seconds',
      Value: '3600',
    });
  });

  test('waits its limit where the time is known at deployment only', () => {
    const { template } = make((stack) => ({
      timeoutSeconds: new CfnParameter(stack, 'Seconds', { type: 'Number' }).valueAsNumber,
    }));
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::LoadBalancer').LoadBalancerAttributes).toContainEqual({
      Key: 'idle_timeout.timeout_seconds',
      Value: '30',
    });
    expect(containerOf(template()).Environment).toContainEqual({
      Name: 'MODELSHIP_TIMEOUT_SECONDS',
      Value: { Ref: 'Seconds' },
    });
  });
});
