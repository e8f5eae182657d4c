import { CfnParameter } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { ContainerCapacity } from '../../../lib/aws/index.js';
import { make, only } from './container-support.js';

describe('ContainerModel', () => {
  test('scales on requests in flight, by Little’s law, and on CPU', () => {
    const { template } = make({ minReplicas: 2, maxReplicas: 9, targetConcurrency: 3, targetCpuPercent: 50 });
    expect(only(template(), 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MinCapacity: 2,
      MaxCapacity: 9,
    });
    const policies = Object.values(template().findResources('AWS::ApplicationAutoScaling::ScalingPolicy')).map(
      ({ Properties }) => Properties.TargetTrackingScalingPolicyConfiguration,
    );
    expect(policies.map(({ TargetValue }) => TargetValue)).toEqual([3, 50]);
    const { Metrics: metrics } = policies[0]!.CustomizedMetricSpecification;
    expect(metrics.at(-1)).toEqual({
      Id: 'inFlight',
      // Without requests there is no data, with which no task would ever be taken away.
      Expression: 'FILL(requests, 0) / 60 * FILL(seconds, 0) / tasks',
      ReturnData: true,
    });
  });

  test('leaves the number of tasks to what scales them, and says it where nothing does', () => {
    expect(only(make({ minReplicas: 2, maxReplicas: 9 }).template(), 'AWS::ECS::Service')).not.toHaveProperty(
      'DesiredCount',
    );
    const fixed = make({ minReplicas: 2, maxReplicas: 2 }).template();
    expect(only(fixed, 'AWS::ECS::Service').DesiredCount).toBe(2);
    fixed.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
  });

  test.each([
    ['Fargate', 'fargate'],
    ['instances', 'gpu'],
    ['instances that ECS manages', 'managedGpu'],
  ] as const)('takes the size of a task on %s by tokens', (_what, kind) => {
    const { template } = make((stack) => {
      const of = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
      const size = { cpu: of('Cpu'), memoryMib: of('Memory') };
      if (kind === 'fargate') return { capacity: ContainerCapacity.fargate(size) };
      return { capacity: ContainerCapacity[kind]({ ...size, gpuCount: of('Gpus') }) };
    });
    const task = only(template(), 'AWS::ECS::TaskDefinition');
    // In words, because CloudFormation does not multiply.
    expect(task.Cpu).toEqual({ 'Fn::Join': ['', [{ Ref: 'Cpu' }, ' vCPU']] });
    expect(task.ContainerDefinitions[0].Cpu).toBeUndefined();
    expect(kind === 'gpu' ? task.ContainerDefinitions[0].Memory : task.Memory).toEqual({ Ref: 'Memory' });
    expect(task.ContainerDefinitions[0].ResourceRequirements).toEqual(
      kind === 'fargate' ? undefined : [{ Type: 'GPU', Value: { Ref: 'Gpus' } }],
    );
  });

  test('bounds the tasks by a token, and instances for them by what a service may have', () => {
    const { template } = make((stack) => ({
      capacity: ContainerCapacity.gpu(),
      maxReplicas: new CfnParameter(stack, 'Most', { type: 'Number' }).valueAsNumber,
    }));
    expect(only(template(), 'AWS::ApplicationAutoScaling::ScalableTarget').MaxCapacity).toEqual({ Ref: 'Most' });
    expect(only(template(), 'AWS::AutoScaling::AutoScalingGroup').MaxSize).toBe('10000');
  });
});
