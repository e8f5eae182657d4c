import { Duration } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { EndpointMode } from '../../../lib/aws/index.js';
import { Rollout } from '../../../lib/serving/index.js';
import { make, only, type Props } from './managed-endpoint-support.js';
import { secondModel } from './managed-endpoint-variants.js';

const endpointOf = (props: Props = {}) => only(make(props).template(), 'AWS::SageMaker::Endpoint');
const componentOf = (props: Props) => only(make(props).template(), 'AWS::SageMaker::InferenceComponent');
const components = EndpointMode.inferenceComponents();
const variants = EndpointMode.realTime({ variants: [{ name: 'Second', model: secondModel }] });

const mine = (props: Partial<Exclude<Props, (...args: never[]) => unknown>>): Props => {
  return (stack) => ({
    ...props,
    rollbackAlarms: [Alarm.fromAlarmArn(stack, 'A', 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:mine')],
  });
};

describe('a deployment of a ManagedEndpointModel', () => {
  test('moves all traffic at once, and is taken back by the alarms on errors and latency', () => {
    const { template, endpoint, stack } = make();
    const { DeploymentConfig: config } = only(template(), 'AWS::SageMaker::Endpoint');
    expect(config.BlueGreenUpdatePolicy.TrafficRoutingConfiguration).toEqual({
      Type: 'ALL_AT_ONCE',
      WaitIntervalInSeconds: 0,
    });
    expect(config.AutoRollbackConfiguration.Alarms).toEqual(
      [endpoint.telemetry.errorAlarm, endpoint.telemetry.latencyAlarm].map((alarm) => ({
        AlarmName: stack.resolve(alarm.alarmName),
      })),
    );
  });

  test.each([
    [
      Rollout.canary({ percent: 10, bakeMinutes: 5 }),
      { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: 10 }, WaitIntervalInSeconds: 300 },
    ],
    [
      Rollout.linear({ stepPercent: 25, intervalMinutes: 2 }),
      { Type: 'LINEAR', LinearStepSize: { Type: 'CAPACITY_PERCENT', Value: 25 }, WaitIntervalInSeconds: 120 },
    ],
  ])('that is gradual is the guardrail of that name: %#', (rollout, expected) => {
    const { DeploymentConfig: config } = endpointOf({ rollout });
    expect(config.BlueGreenUpdatePolicy.TrafficRoutingConfiguration).toEqual(expected);
  });

  test('rolls in batches instead, with the alarms that were given', () => {
    const { DeploymentConfig: config } = endpointOf(
      mine({ rollingUpdate: { batchPercent: 20, interval: Duration.seconds(90) } }),
    );
    expect(config.BlueGreenUpdatePolicy).toBeUndefined();
    expect(config.RollingUpdatePolicy).toEqual({
      MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 20 },
      RollbackMaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 20 },
      WaitIntervalInSeconds: 90,
    });
    expect(config.AutoRollbackConfiguration.Alarms).toEqual([{ AlarmName: 'mine' }]);
  });

  test('is taken back by nothing if there are no alarms', () => {
    expect(endpointOf({ rollbackAlarms: [] }).DeploymentConfig.AutoRollbackConfiguration).toBeUndefined();
    expect(
      componentOf({ mode: components, rollbackAlarms: [] }).DeploymentConfig.AutoRollbackConfiguration,
    ).toBeUndefined();
  });
});

describe('a deployment of an inference component', () => {
  test('replaces half of the copies at a time, and is taken back by the alarms on errors and latency', () => {
    const { template, endpoint, stack } = make({ mode: components });
    expect(only(template(), 'AWS::SageMaker::InferenceComponent').DeploymentConfig).toEqual({
      RollingUpdatePolicy: {
        MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 },
        WaitIntervalInSeconds: 300,
      },
      AutoRollbackConfiguration: {
        Alarms: [endpoint.telemetry.errorAlarm, endpoint.telemetry.latencyAlarm].map((alarm) => ({
          AlarmName: stack.resolve(alarm.alarmName),
        })),
      },
    });
    expect(only(template(), 'AWS::SageMaker::Endpoint').DeploymentConfig).toBeUndefined();
  });

  test('has the batches and the alarms that were given', () => {
    const { DeploymentConfig: config } = componentOf(
      mine({ mode: components, rollingUpdate: { batchPercent: 10, interval: Duration.minutes(2) } }),
    );
    expect(config.RollingUpdatePolicy).toEqual({
      MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 10 },
      WaitIntervalInSeconds: 120,
    });
    expect(config.AutoRollbackConfiguration.Alarms).toEqual([{ AlarmName: 'mine' }]);
  });
});

describe('the number of instances after a deployment', () => {
  const retained = (props: Props) => {
    const { RetainAllVariantProperties, ExcludeRetainedVariantProperties } = endpointOf(props);
    return [RetainAllVariantProperties, ExcludeRetainedVariantProperties];
  };

  test('is the one of the props if nothing scales it', () => {
    expect(retained({})).toEqual([undefined, undefined]);
    expect(retained({ minReplicas: 3 })).toEqual([undefined, undefined]);
    expect(retained({ minReplicas: 2, maxReplicas: 2, mode: variants })).toEqual([undefined, undefined]);
  });

  test('is the one that scaling has brought', () => {
    expect(retained({ maxReplicas: 4 })).toEqual([true, undefined]);
    const queue: Props = (stack) => ({
      mode: EndpointMode.asynchronous({ outputBucket: new Bucket(stack, 'B') }),
    });
    expect(retained(queue)).toEqual([true, undefined]);
    expect(retained({ mode: components })).toEqual([true, undefined]);
  });

  test.each([
    ['variants', variants],
    ['a shadow', EndpointMode.realTime({ shadow: { name: 'Shadow', model: secondModel, samplingPercent: 5 } })],
  ])('leaves the weights to the props: %s', (_what, mode) => {
    expect(retained({ mode, maxReplicas: 4 })).toEqual([true, [{ VariantPropertyType: 'DesiredWeight' }]]);
  });

  test('is no matter of serverless endpoints', () => {
    expect(retained({ mode: EndpointMode.serverless() })).toEqual([undefined, undefined]);
  });
});
