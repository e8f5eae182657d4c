import { Lazy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, test } from 'vitest';
import { ServerlessFront } from '../../../lib/aws/index.js';
import { Rollout } from '../../../lib/serving/index.js';
import { faults, make, type Props } from './serverless-support.js';

const canary = Rollout.canary({ percent: 10, bakeMinutes: 15 });
const linear = Rollout.linear({ stepPercent: 20, intervalMinutes: 3 });
const alarm = { Ref: Match.stringLikeRegexp('^IrisTrafficShiftNewVersionErrors') };

describe('ServerlessModel with a gradual rollout', () => {
  const template = make({ rollout: canary }).template();

  test('gives a canary its share for as long as it is baked', () => {
    template.hasResourceProperties('AWS::CodeDeploy::DeploymentConfig', {
      ComputePlatform: 'Lambda',
      TrafficRoutingConfig: {
        Type: 'TimeBasedCanary',
        TimeBasedCanary: { CanaryPercentage: 10, CanaryInterval: 15 },
      },
    });
  });

  test('moves in equal steps', () => {
    make({ rollout: linear })
      .template()
      .hasResourceProperties('AWS::CodeDeploy::DeploymentConfig', {
        TrafficRoutingConfig: { Type: 'TimeBasedLinear', TimeBasedLinear: { LinearPercentage: 20, LinearInterval: 3 } },
      });
  });

  test('lets CodeDeploy move the alias, once an alarm looks at the new version', () => {
    template.hasResource('AWS::Lambda::Alias', {
      UpdatePolicy: {
        CodeDeployLambdaAliasUpdate: {
          ApplicationName: { Ref: Match.stringLikeRegexp('^IrisTrafficShiftApplication') },
          DeploymentGroupName: { Ref: Match.stringLikeRegexp('^IrisTrafficShift') },
        },
      },
      DependsOn: Match.arrayWith([alarm.Ref]),
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      // What comes late to one of three looks counts in the next.
      EvaluationPeriods: 3,
      DatapointsToAlarm: 1,
      Threshold: 5,
      TreatMissingData: 'notBreaching',
      Metrics: Match.arrayWith([
        Match.objectLike({
          MetricStat: Match.objectLike({
            Metric: {
              Namespace: 'AWS/Lambda',
              MetricName: 'Errors',
              Dimensions: [
                {
                  Name: 'ExecutedVersion',
                  Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('CurrentVersion'), 'Version'] },
                },
                { Name: 'FunctionName', Value: { Ref: Match.stringLikeRegexp('^Iris') } },
                { Name: 'Resource', Value: { 'Fn::Join': ['', [{ Ref: Match.stringLikeRegexp('^Iris') }, ':live']] } },
              ],
            },
          }),
        }),
      ]),
    });
  });

  test('counts answers with a status of 500 and above, by the function’s version, out of its log', () => {
    template.hasResourceProperties('AWS::Logs::MetricFilter', {
      LogGroupName: { Ref: Match.stringLikeRegexp('^IrisLogs') },
      FilterPattern:
        '{ ($.message = "request") && ($.status >= 500) && ($.function_name = "*") && ($.function_version = "*") }',
      MetricTransformations: [
        {
          MetricNamespace: 'Modelship',
          MetricName: 'FailedRequests',
          MetricValue: '1',
          Dimensions: [
            { Key: 'FunctionName', Value: '$.function_name' },
            { Key: 'ExecutedVersion', Value: '$.function_version' },
          ],
        },
      ],
    });
  });

  test('adds those answers to what Lambda counts of the new version, and takes the share of what it was asked', () => {
    const { Metrics: metrics } = Object.values(
      template.findResources('AWS::CloudWatch::Alarm', { Properties: { EvaluationPeriods: 3, DatapointsToAlarm: 1 } }),
    )[0]!.Properties;
    const expression = metrics.find((each: { Expression?: string }) => each.Expression);
    const names = Object.fromEntries(
      metrics
        .filter((each: { MetricStat?: object }) => each.MetricStat)
        .map((each: { Id: string; MetricStat: { Stat: string; Period: number; Metric: { MetricName: string } } }) => {
          expect(each.MetricStat).toMatchObject({ Stat: 'Sum', Period: 60 });
          return [each.MetricStat.Metric.MetricName, each.Id];
        }),
    );
    expect(Object.keys(names).sort()).toEqual(['Errors', 'FailedRequests', 'Invocations']);
    expect(expression.Expression).toBe(
      `IF(${names.Invocations} > 0, 100 * (FILL(${names.Errors}, 0) + FILL(${names.FailedRequests}, 0)) / ${names.Invocations}, 0)`,
    );
    const failed = metrics.find((each: { Id: string }) => each.Id === names.FailedRequests);
    expect(failed.MetricStat.Metric).toEqual({
      Namespace: 'Modelship',
      MetricName: 'FailedRequests',
      Dimensions: [
        { Name: 'ExecutedVersion', Value: { 'Fn::GetAtt': [expect.stringContaining('CurrentVersion'), 'Version'] } },
        { Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^Iris[0-9A-F]+$/) } },
      ],
    });
  });

  test('counts them before traffic comes to the new version', () => {
    template.hasResource('AWS::Lambda::Alias', {
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('^IrisTrafficShiftFailedRequests')]),
    });
  });

  test('takes it back on an alarm, on a failure and when it is stopped', () => {
    template.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
      AlarmConfiguration: {
        Enabled: true,
        Alarms: [
          { Name: alarm },
          { Name: { Ref: Match.stringLikeRegexp('^IrisTelemetryErrors') } },
          { Name: { Ref: Match.stringLikeRegexp('^IrisTelemetryLatency') } },
        ],
      },
    });
  });

  test('watches the alarms that are given instead', () => {
    make((stack) => ({
      rollout: linear,
      rollbackAlarms: [
        new Alarm(stack, 'Mine', {
          metric: new Metric({ namespace: 'Mine', metricName: 'Drift' }),
          threshold: 1,
          evaluationPeriods: 1,
        }),
      ],
    }))
      .template()
      .hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
        AlarmConfiguration: { Alarms: [{ Name: alarm }, { Name: { Ref: Match.stringLikeRegexp('^Mine') } }] },
      });
  });

  test('lets CodeDeploy touch this function and no other, and AWS has no policy in it', () => {
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [Match.objectLike({ Principal: { Service: 'codedeploy.amazonaws.com' } })],
      },
      ManagedPolicyArns: Match.absent(),
    });
    const functionArn = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Iris'), 'Arn'] };
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^IrisTrafficShiftRole') }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['lambda:GetAlias', 'lambda:UpdateAlias', 'lambda:GetProvisionedConcurrencyConfig'],
            Resource: [functionArn, { 'Fn::Join': ['', [functionArn, ':live']] }],
          },
          { Effect: 'Allow', Action: 'cloudwatch:DescribeAlarms', Resource: '*' },
        ],
      },
    });
  });

  test.each([ServerlessFront.httpApi(), ServerlessFront.functionUrl()])('behind $kind too', (front) => {
    make({ rollout: canary, front }).template().resourceCountIs('AWS::CodeDeploy::DeploymentGroup', 1);
  });
});

test.each([undefined, Rollout.allAtOnce()])('moves all at once without CodeDeploy', (rollout) => {
  const template = make({ rollout }).template();
  template.resourceCountIs('AWS::CodeDeploy::Application', 0);
  template.resourceCountIs('AWS::Logs::MetricFilter', 0);
});

describe('ServerlessModel refuses', () => {
  test.each<[string, Props, string[]]>([
    ['a whole canary', { rollout: Rollout.canary({ percent: 100, bakeMinutes: 5 }) }, ['rollout.percent']],
    ['no time to look', { rollout: Rollout.canary({ percent: 5, bakeMinutes: 0 }) }, ['rollout.bakeMinutes']],
    ['steps of nothing', { rollout: Rollout.linear({ stepPercent: 0, intervalMinutes: 1 }) }, ['rollout.stepPercent']],
    [
      'steps of half an hour in one-percents',
      { rollout: Rollout.linear({ stepPercent: 1, intervalMinutes: 30 }) },
      ['rollout'],
    ],
  ])('%s', (_, props, wrong) => {
    expect(faults(props)).toEqual(wrong.map((prop) => `${prop}: OUT_OF_RANGE`));
  });

  test('alarms that have nothing to take back', () => {
    expect(faults({ rollbackAlarms: [] })).toEqual(['rollbackAlarms: CONFLICT']);
  });

  test('more alarms than CodeDeploy watches', () => {
    const ten = Array.from({ length: 10 }, (_, index) =>
      Alarm.fromAlarmArn(make().stack, `${index}`, 'arn:aws:cloudwatch:r:1:alarm:a'),
    );
    expect(faults({ rollout: canary, rollbackAlarms: ten })).toEqual(['rollbackAlarms: OUT_OF_RANGE']);
  });

  test('no token', () => {
    const number = Lazy.number({ produce: () => 5 });
    expect(faults({ rollout: Rollout.linear({ stepPercent: number, intervalMinutes: number }) })).toEqual([]);
  });
});
