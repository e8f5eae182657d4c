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

/** Share of failures, in percent, beyond which a service is not well. */
export const ERROR_PERCENT = 5;
/** Share of the time limit beyond which callers are about to be given up. */
const LATENCY_SHARE = 0.8;

/** Share of what may run that is busy, in percent, beyond which more is needed. */
export const SATURATED_PERCENT = 90;

/** What every metric of a telemetry is taken over. */
export const PERIOD = Duration.minutes(1);

type Watched = Pick<AlarmProps, 'metric' | 'threshold' | 'alarmDescription'> &
  Partial<Pick<AlarmProps, 'evaluationPeriods' | 'datapointsToAlarm'>>;

/** The alarms that every construct makes, with the same thresholds and the same patience. */
export class ServiceAlarms {
  constructor(
    private readonly scope: Construct,
    private readonly actions: readonly IAlarmAction[],
  ) {}

  /** On the share of failures, in percent. */
  errors(metric: IMetric): Alarm {
    return this.add('Errors', {
      metric,
      threshold: ERROR_PERCENT,
      alarmDescription: `More than ${ERROR_PERCENT} % of the requests failed for three minutes.`,
    });
  }

  /**
   * On the 99th percentile of the time that an answer takes.
   *
   * @param unitsPerSecond 1 for a metric in seconds, 1000 for milliseconds
   */
  latency(metric: IMetric, timeoutSeconds: number, unitsPerSecond: number): Alarm {
    return this.add('Latency', {
      metric,
      threshold: timeoutSeconds * LATENCY_SHARE * unitsPerSecond,
      alarmDescription: `One request in a hundred took longer than ${LATENCY_SHARE * 100} % of the time limit of ${timeoutSeconds} s.`,
    });
  }

  /** On what tells that more replicas are needed. */
  saturation(watched: Watched): Alarm {
    return this.add('Saturation', watched);
  }

  /** On anything else: after three minutes, and not while there is nothing to measure. */
  add(id: string, watched: Watched): Alarm {
    const alarm = new Alarm(this.scope, id, {
      evaluationPeriods: 3,
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
