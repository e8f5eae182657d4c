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

/** What every metric of a telemetry is taken over. */
export const PERIOD = Duration.minutes(1);

type Watched = Pick<AlarmProps, 'metric' | 'threshold' | 'alarmDescription'> &
  Partial<Pick<AlarmProps, 'evaluationPeriods' | 'datapointsToAlarm'>>;

/** The alarms that every construct creates, with the thresholds of its `alarms`. */
export class ServiceAlarms {
  constructor(
    private readonly scope: Construct,
    private readonly actions: readonly IAlarmAction[],
    private readonly thresholds: AlarmThresholds,
  ) {}

  /** Alarm on the share of failures. `metric` is in percent. */
  errors(metric: IMetric): Alarm {
    return this.add('Errors', {
      metric,
      threshold: this.thresholds.errorPercent,
      alarmDescription: this.thresholds.symptoms.errors,
    });
  }

  /**
   * Alarm on the 99th percentile of the latency.
   *
   * @param unitsPerSecond 1 for a metric in seconds, 1000 for milliseconds
   */
  latency(metric: IMetric, unitsPerSecond: number): Alarm {
    return this.add('Latency', {
      metric,
      threshold: this.thresholds.latencySeconds * unitsPerSecond,
      alarmDescription: `p99: ${this.thresholds.symptoms.latency}`,
    });
  }

  /** Alarm on what shows that more replicas are needed. */
  saturation(watched: Watched): Alarm {
    return this.add('Saturation', watched);
  }

  /** Any other alarm. Missing data does not raise it. */
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

/** Failures in percent of all requests; 0 while there are none. */
export function errorPercent(failures: readonly IMetric[], requests: IMetric): MathExpression {
  const names = failures.map((_, index) => `failed${index}`);
  return new MathExpression({
    expression: `IF(requests > 0, 100 * (${names.map((name) => `FILL(${name}, 0)`).join(' + ')}) / requests, 0)`,
    usingMetrics: { requests, ...Object.fromEntries(failures.map((metric, index) => [names[index], metric])) },
    label: 'Errors, percent',
    period: PERIOD,
  });
}
