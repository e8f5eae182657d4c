import { REQUEST_LINE } from '@modelship/runtime/contract';
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
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { AlarmThresholds } from '../../../serving/alarms.js';
import type { Rollout } from '../../../serving/rollout.js';
import { errorPercent, LOG_METRICS_NAMESPACE, PERIOD, ServiceAlarms } from '../shared/service-alarms.js';
import { PreTrafficHook, type PreTrafficHookProps } from './pre-traffic-hook.js';

export interface TrafficShiftProps extends Omit<PreTrafficHookProps, 'gate'> {
  /** Log group of the function. */
  readonly logGroup: ILogGroup;
  readonly rollout: Rollout;
  /** Alarms that roll the deployment back, in addition to the alarm on failures of the new version. */
  readonly rollbackAlarms: readonly IAlarm[];
  readonly alarmActions: readonly IAlarmAction[];
  readonly thresholds: AlarmThresholds;
}

/** Metric of responses with a status of 500 or above, by function and version. */
const FAILED_REQUESTS = { namespace: LOG_METRICS_NAMESPACE, metricName: 'FailedRequests' };

/** CodeDeploy deployment that shifts the alias of a function from version to version. */
export class TrafficShift extends Construct {
  readonly deploymentGroup: LambdaDeploymentGroup;
  /**
   * Alarm on failures of the new version: exceptions, timeouts, failed starts, and responses with a status of 500 or
   * above.
   */
  readonly newVersionAlarm: Alarm;
  /** Metric filter that counts those responses by version. */
  readonly failedRequests: MetricFilter;
  /** Function that asks a new version the questions of the gate. Set if the rollout has a gate. */
  readonly preTrafficHook?: PreTrafficHook;

  constructor(scope: Construct, id: string, props: TrafficShiftProps) {
    super(scope, id);
    const { alias, logGroup, rollout, rollbackAlarms, alarmActions, thresholds } = props;
    this.failedRequests = countFailedRequests(this, logGroup);
    this.newVersionAlarm = new ServiceAlarms(this, alarmActions, thresholds).add('NewVersionErrors', {
      metric: errorPercent([metricOf(alias, 'Errors'), failedRequestsOf(alias)], metricOf(alias, 'Invocations')),
      threshold: thresholds.errorPercent,
      // A deployment may last only a few minutes, and metrics from logs may arrive after Lambda's own metrics.
      evaluationPeriods: 3,
      datapointsToAlarm: 1,
      alarmDescription: `The newest version of the function failed at more than ${thresholds.errorPercent} % of its invocations.`,
    });
    const role = deploymentRole(this, alias);
    const isGradual = rollout.kind !== 'allAtOnce';
    this.deploymentGroup = new LambdaDeploymentGroup(this, 'Resource', {
      application: new LambdaApplication(this, 'Application'),
      alias,
      deploymentConfig: isGradual
        ? new LambdaDeploymentConfig(this, 'Config', { trafficRouting: routing(rollout) })
        : LambdaDeploymentConfig.ALL_AT_ONCE,
      alarms: isGradual ? [this.newVersionAlarm, ...rollbackAlarms] : [],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: isGradual },
      // CDK would attach an AWS managed policy, which allows more.
      role: role.withoutPolicyUpdates(),
    });
    this.deploymentGroup.node.addDependency(role);
    // The alarm and the metric filter must exist before the new version receives traffic.
    alias.node.addDependency(this.newVersionAlarm, this.failedRequests);
    if (rollout.gate) {
      this.preTrafficHook = new PreTrafficHook(this, 'Gate', { ...props, gate: rollout.gate });
      this.preTrafficHook.attach(this.deploymentGroup, role, alias);
    }
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

/** Metric of the version that the alias shifts to, for invocations through the alias. */
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

/** Counts failed requests in the logs: Lambda counts exceptions, but no response statuses. */
function countFailedRequests(scope: Construct, logGroup: ILogGroup): MetricFilter {
  const functionName = `$.${REQUEST_LINE.functionName}`;
  const functionVersion = `$.${REQUEST_LINE.functionVersion}`;
  return new MetricFilter(scope, 'FailedRequests', {
    logGroup,
    filterPattern: FilterPattern.all(
      FilterPattern.stringValue('$.message', '=', REQUEST_LINE.message),
      FilterPattern.numberValue(`$.${REQUEST_LINE.status}`, '>=', 500),
      // A dimension must be a field that the pattern names.
      FilterPattern.exists(functionName),
      FilterPattern.exists(functionVersion),
    ),
    metricNamespace: FAILED_REQUESTS.namespace,
    metricName: FAILED_REQUESTS.metricName,
    dimensions: { FunctionName: functionName, ExecutedVersion: functionVersion },
  });
}

/** Metric of failed requests of the version that the alias shifts to. */
function failedRequestsOf({ lambda, version }: Alias): Metric {
  return new Metric({
    ...FAILED_REQUESTS,
    dimensionsMap: { FunctionName: lambda.functionName, ExecutedVersion: version.version },
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
  // An alarm may be a composite alarm, and describing one requires the permission for all alarms.
  role.addToPolicy(new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }));
  return role;
}
