import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { Rollout } from '../../../lib/serving/index.js';
import { make, only, type Props } from './container-support.js';
import { VARIANTS } from './container-variants.js';

describe('ContainerModel', () => {
  test('takes a deployment back on failed starts and on alarms', () => {
    const { template, service, stack } = make();
    const { DeploymentConfiguration: config } = only(template(), 'AWS::ECS::Service');
    expect(config.DeploymentCircuitBreaker).toEqual({ Enable: true, Rollback: true });
    expect(config.MinimumHealthyPercent).toBe(100);
    expect(config.Alarms).toEqual({
      Enable: true,
      Rollback: true,
      AlarmNames: [service.trafficAlarms.errors, service.trafficAlarms.latency].map((alarm) =>
        stack.resolve(alarm.alarmName),
      ),
    });
  });

  test.each<[string, Props, object]>([
    [
      'canary',
      { rollout: Rollout.canary({ percent: 5, bakeMinutes: 15 }) },
      { Strategy: 'CANARY', CanaryConfiguration: { CanaryPercent: 5, CanaryBakeTimeInMinutes: 15 } },
    ],
    [
      'linear',
      { rollout: Rollout.linear({ stepPercent: 20, intervalMinutes: 3 }) },
      { Strategy: 'LINEAR', LinearConfiguration: { StepPercent: 20, StepBakeTimeInMinutes: 3 } },
    ],
    ['blue and green', { blueGreenBakeTime: Duration.minutes(30) }, { Strategy: 'BLUE_GREEN', BakeTimeInMinutes: 30 }],
  ])('moves traffic between two target groups: %s', (_name, props, expected) => {
    const { template } = make(props);
    const service = only(template(), 'AWS::ECS::Service');
    expect(service.DeploymentConfiguration).toMatchObject(expected);
    expect(service.LoadBalancers[0].AdvancedConfiguration).toMatchObject({
      ProductionListenerRule: expect.anything(),
      TestListenerRule: expect.anything(),
      AlternateTargetGroupArn: expect.anything(),
    });
    template().resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 2);
    template().hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 9000 });
  });

  test('lets ECS move traffic, as AWS documents the role, before the service is there', () => {
    const { template } = make(VARIANTS.canary!);
    const [[id, role]] = Object.entries(
      template().findResources('AWS::IAM::Role', {
        Properties: { Description: 'Moves traffic between two versions of a service' },
      }),
    ) as [[string, { Properties: { AssumeRolePolicyDocument: { Statement: object[] } } }]];
    expect(role.Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'ecs.amazonaws.com' } },
    ]);
    const [policy] = Object.keys(
      template().findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: id }] } }),
    );
    const [service] = Object.values(template().findResources('AWS::ECS::Service'));
    expect(service!.DependsOn).toEqual(expect.arrayContaining([id, policy]));
  });
});
