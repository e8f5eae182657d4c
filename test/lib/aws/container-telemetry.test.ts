import { RemovalPolicy } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { Rollout } from '../../../lib/serving/index.js';
import { make, only, type Props, watched } from './container-support.js';

describe('ContainerModel', () => {
  test('alarms on requests that failed, or that no task answered, or that found no task', () => {
    const { template } = make();
    const { expression, metrics } = watched(template(), /failed/);
    expect(expression).toBe(
      'IF(MAX([FILL(requests, 0), FILL(unanswered, 0)]) > 0, 100 * (FILL(failed, 0) + FILL(unanswered, 0)) / MAX([FILL(requests, 0), FILL(unanswered, 0)]), 0)',
    );
    expect(metrics).toEqual([
      'requests RequestCount LoadBalancer',
      'failed HTTPCode_Target_5XX_Count LoadBalancer',
      'unanswered HTTPCode_ELB_5XX_Count LoadBalancer',
    ]);
    expect(watched(template(), /Latency above/).metrics).toEqual(['alone TargetResponseTime LoadBalancer']);
  });

  test('alarms on either of two versions, however little traffic it gets', () => {
    const { template } = make({ rollout: Rollout.canary({ percent: 1, bakeMinutes: 15 }) });
    const { expression, metrics } = watched(template(), /failed/);
    expect(expression).toMatch(/^MAX\(\[IF\(MAX\(/);
    expect(expression).toContain(
      'IF(FILL(requests1, 0) > 0, 100 * (FILL(failed1, 0) + FILL(refused1, 0)) / FILL(requests1, 0), 0)])',
    );
    // CloudWatch allows ten in an alarm.
    expect(metrics).toEqual([
      'requests RequestCount LoadBalancer',
      'failed HTTPCode_Target_5XX_Count LoadBalancer',
      'unanswered HTTPCode_ELB_5XX_Count LoadBalancer',
      'requests0 RequestCount LoadBalancer Targets',
      'failed0 HTTPCode_Target_5XX_Count LoadBalancer Targets',
      'refused0 TargetConnectionErrorCount LoadBalancer Targets',
      'requests1 RequestCount LoadBalancer AlternateTargets',
      'failed1 HTTPCode_Target_5XX_Count LoadBalancer AlternateTargets',
      'refused1 TargetConnectionErrorCount LoadBalancer AlternateTargets',
    ]);
    const latency = watched(template(), /Latency above/);
    expect(latency.expression).toBe('MAX([FILL(seconds0, 0), FILL(seconds1, 0)])');
    expect(latency.metrics).toEqual([
      'seconds0 TargetResponseTime LoadBalancer Targets',
      'seconds1 TargetResponseTime LoadBalancer AlternateTargets',
    ]);
  });

  test('has alarms and a dashboard, logs for 90 days, and access logs', () => {
    const { template } = make();
    template().resourceCountIs('AWS::CloudWatch::Alarm', 3);
    template().resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    for (const { Properties } of Object.values(template().findResources('AWS::Logs::LogGroup'))) {
      expect(Properties.RetentionInDays).toBe(90);
    }
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::LoadBalancer').LoadBalancerAttributes).toContainEqual({
      Key: 'access_logs.s3.enabled',
      Value: 'true',
    });
    make({ dashboard: false }).template().resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });

  test('keeps the log of a failed first deployment, unless it is not wanted', () => {
    const policies = (props: Props) =>
      Object.values(make(props).template().findResources('AWS::Logs::LogGroup'))
        .filter(({ Properties }) => !Properties.LogGroupName?.startsWith?.('/aws/'))
        .map(({ DeletionPolicy }) => DeletionPolicy);
    expect(policies({})).toContain('Retain');
    expect(policies({ logRemovalPolicy: RemovalPolicy.DESTROY })).not.toContain('Retain');
  });
});
