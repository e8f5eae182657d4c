import { Duration } from 'aws-cdk-lib';
import { type Alarm, type IAlarm, type IAlarmAction, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  LambdaApplication,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
  TrafficRouting,
} from 'aws-cdk-lib/aws-codedeploy';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Rollout } from '../../../serving/rollout.js';
import { ERROR_PERCENT, errorPercent, PERIOD, ServiceAlarms } from '../service-alarms.js';

export interface TrafficShiftProps {
  readonly alias: Alias;
  readonly rollout: Rollout;
  /** What takes the traffic back, beside failures of the new version. */
  readonly rollbackAlarms: readonly IAlarm[];
  readonly alarmActions: readonly IAlarmAction[];
}

/** CodeDeploy, which moves the alias of a function from version to version. */
export class TrafficShift extends Construct {
  readonly deploymentGroup: LambdaDeploymentGroup;
  /** On what the newest version alone fails at: exceptions, time-outs and starts. */
  readonly newVersionAlarm: Alarm;

  constructor(scope: Construct, id: string, { alias, rollout, rollbackAlarms, alarmActions }: TrafficShiftProps) {
    super(scope, id);
    this.newVersionAlarm = new ServiceAlarms(this, alarmActions).add('NewVersionErrors', {
      metric: errorPercent([metricOf(alias, 'Errors')], metricOf(alias, 'Invocations')),
      threshold: ERROR_PERCENT,
      // A deployment may last no longer than a few minutes.
      evaluationPeriods: 1,
      alarmDescription: `The newest version of the function failed at more than ${ERROR_PERCENT} % of what it was asked.`,
    });
    const role = deploymentRole(this, alias);
    this.deploymentGroup = new LambdaDeploymentGroup(this, 'Resource', {
      application: new LambdaApplication(this, 'Application'),
      alias,
      deploymentConfig: new LambdaDeploymentConfig(this, 'Config', { trafficRouting: routing(rollout) }),
      alarms: [this.newVersionAlarm, ...rollbackAlarms],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
      // CDK would add a policy of AWS's, which allows more.
      role: role.withoutPolicyUpdates(),
    });
    this.deploymentGroup.node.addDependency(role);
    // The alarm looks at the new version before traffic comes to it.
    alias.node.addDependency(this.newVersionAlarm);
  }
}

function routing({ canaryOptions, linearOptions }: Rollout): TrafficRouting {
  if (canaryOptions) {
    const { percent, bakeMinutes } = canaryOptions;
    return TrafficRouting.timeBasedCanary({ percentage: percent, interval: Duration.minutes(bakeMinutes) });
  }
  const { stepPercent, intervalMinutes } = linearOptions!;
  return TrafficRouting.timeBasedLinear({ percentage: stepPercent, interval: Duration.minutes(intervalMinutes) });
}

/** Of the version that the alias moves to, among what is called by the alias. */
function metricOf({ lambda, version, aliasName }: Alias, metricName: string): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: {
      FunctionName: lambda.functionName,
      Resource: `${lambda.functionName}:${aliasName}`,
      ExecutedVersion: version.version,
    },
    statistic: 'Sum',
    period: PERIOD,
  });
}

function deploymentRole(scope: Construct, { lambda, aliasName }: Alias): Role {
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('codedeploy.amazonaws.com'),
    description: 'Moves the alias of a function from version to version',
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ['lambda:GetAlias', 'lambda:UpdateAlias', 'lambda:GetProvisionedConcurrencyConfig'],
      resources: [lambda.functionArn, `${lambda.functionArn}:${aliasName}`],
    }),
  );
  // An alarm may be one of many alarms, which are described only to whoever may describe all.
  role.addToPolicy(new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }));
  return role;
}
