import { DRIFT_LINE } from '@modelship/runtime/contract';
import { Names } from 'aws-cdk-lib';
import type { Alarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type AlarmOptions, AlarmThresholds, driftAlarms } from '../../../serving/alarms.js';
import { LOG_METRICS_NAMESPACE, PERIOD, ServiceAlarms } from './service-alarms.js';

const NAME_LENGTH = 200;

interface DriftAlarmsProps {
  readonly logGroup: ILogGroup;
  readonly alarms: AlarmOptions | undefined;
  readonly alarmActions: readonly IAlarmAction[] | undefined;
}

/** Alarms on drift and estimated accuracy. They read what the runtime logs, which all targets keep in a log group. */
export class DriftAlarms extends Construct {
  /** Alarms that `alarms` has a threshold for. */
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { logGroup, alarms, alarmActions = [] }: DriftAlarmsProps) {
    super(scope, id);
    // These alarms have no share of a timeout.
    const service = new ServiceAlarms(this, alarmActions, new AlarmThresholds(alarms, 0));
    this.alarms = driftAlarms(alarms).map(({ id: name, field, threshold, description }) => {
      const filter = new MetricFilter(this, `${name}Metric`, {
        logGroup,
        filterPattern: FilterPattern.all(
          FilterPattern.stringValue('$.message', '=', DRIFT_LINE.message),
          FilterPattern.exists(`$.${field}`),
        ),
        metricNamespace: LOG_METRICS_NAMESPACE,
        // A metric without dimensions has to have a name of its own for each endpoint.
        metricName: `${name}-${Names.uniqueResourceName(scope, { maxLength: NAME_LENGTH })}`,
        metricValue: `$.${field}`,
      });
      const metric = filter.metric({ statistic: 'Maximum', period: PERIOD });
      return service.add(name, { metric, threshold, alarmDescription: description });
    });
  }
}
