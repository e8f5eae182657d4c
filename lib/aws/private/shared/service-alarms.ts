import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { AlarmThresholds } from '../../../serving/alarms.js';

/** Period of the metrics in alarms and dashboards. */
export const PERIOD = Duration.minutes(1);

/** Namespace of the metrics that are read from logs. */
export const LOG_METRICS_NAMESPACE = 'Modelship';

type Watched = Pick<AlarmProps, 'metric' | 'threshold' | 'alarmDescription'> &
  Partial<Pick<AlarmProps, 'evaluationPeriods' | 'datapointsToAlarm'>>;

/** Alarms that every construct creates, with the thresholds of its `alarms` prop. */
export class ServiceAlarms {
  constructor(
    private readonly scope: Construct,
    private readonly actions: readonly IAlarmAction[],
    private readonly thresholds: AlarmThresholds,
  ) {}

  /** Adds an alarm on the error rate. `metric` is in percent. */
  errors(metric: IMetric): Alarm {
    return this.add('Errors', {
      metric,
      threshold: this.thresholds.errorPercent,
      alarmDescription: this.thresholds.symptoms.errors,
    });
  }

  /**
   * Adds an alarm on the 99th percentile of the latency.
   *
   * @param unitsPerSecond 1 for a metric in seconds, 1000 for a metric in milliseconds.
   */
  latency(metric: IMetric, unitsPerSecond: number): Alarm {
    return this.add('Latency', {
      metric,
      threshold: this.thresholds.latencySeconds * unitsPerSecond,
      alarmDescription: `p99: ${this.thresholds.symptoms.latency}`,
    });
  }

  /** Adds an alarm on saturation, which shows that more replicas are needed. */
  saturation(watched: Watched): Alarm {
    return this.add('Saturation', watched);
  }

  /** Adds an alarm with its own metric and threshold. Missing data does not trigger it. */
  add(id: string, watched: Watched): Alarm {
    const alarm = new Alarm(this.scope, id, {
      evaluationPeriods: this.thresholds.minutes,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...watched,
    });
    alarm.addAlarmAction(...this.actions);
    return alarm;
  }
}

/** Returns failed requests as a percentage of all requests, or 0 if there are no requests. */
export function errorPercent(failures: readonly IMetric[], requests: IMetric): MathExpression {
  const names = failures.map((_, index) => `failed${index}`);
  return new MathExpression({
    expression: `IF(requests > 0, 100 * (${names.map((name) => `FILL(${name}, 0)`).join(' + ')}) / requests, 0)`,
    usingMetrics: { requests, ...Object.fromEntries(failures.map((metric, index) => [names[index], metric])) },
    label: 'Errors, percent',
    period: PERIOD,
  });
}
