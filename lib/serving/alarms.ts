import { DRIFT_LINE } from '@modelship/runtime/contract';

/** Thresholds of the alarms that every construct creates. */
export interface AlarmOptions {
  /**
   * Threshold of the error alarm: share of requests that fail with a 5xx, in percent. Azure metric alerts on Functions,
   * Container Apps and Azure ML compare counts instead of shares and ignore this value.
   *
   * @default 5
   */
  readonly errorPercent?: number;

  /**
   * Threshold of the latency alarm, in percent of `timeoutSeconds`. The alarm uses the 99th percentile if the target
   * measures it, and the average on Functions and Container Apps.
   *
   * @default 80
   */
  readonly latencyPercent?: number;

  /** Threshold of the saturation alarm: utilization of CPU, memory or concurrency, in percent. @default 90 */
  readonly saturationPercent?: number;

  /**
   * Minutes that a metric must stay above its threshold before the alarm is raised, 1 to 60. Azure rounds up to 1, 5,
   * 15, 30 or 60 minutes.
   *
   * @default 3
   */
  readonly minutes?: number;

  /**
   * Threshold of the drift alarm: how far the requests of the last hour are from the reference data of the package. It is the largest
   * population stability index of a column, or for models that embed texts or pictures the shift of the mean vector. Above 0.2 is
   * considered a change. The package needs reference data, and the endpoint the log level `info` or `debug`.
   *
   * @default - no drift alarm
   */
  readonly drift?: number;

  /**
   * Threshold of the accuracy alarm: drop of a classifier's estimated accuracy in the last hour from that in the reference data, in
   * percentage points. The package needs reference data with labels, and the endpoint the log level `info` or `debug`.
   *
   * @default - no accuracy alarm
   */
  readonly accuracyDropPercent?: number;
}

/** Alarm on the lines that the runtime logs about drift. */
export interface DriftAlarm {
  /** Construct id of the alarm. */
  readonly id: 'Drift' | 'AccuracyDrop';
  readonly title: string;
  /** Field of the log line. */
  readonly field: string;
  /** Value of the field above which the alarm is raised. */
  readonly threshold: number;
  /** Symptom and what to do. */
  readonly description: string;
}

/** Returns the alarms on drift that an endpoint has, the same on every target. */
export function driftAlarms({ drift, accuracyDropPercent }: AlarmOptions = {}): readonly DriftAlarm[] {
  const alarms: DriftAlarm[] = [];
  if (drift !== undefined) {
    alarms.push({
      id: 'Drift',
      title: 'Drift of the requests',
      field: DRIFT_LINE.drift,
      threshold: drift,
      description:
        `Drift of the requests above ${drift}: they differ from the reference data of the package. The log lines with the message ` +
        `${DRIFT_LINE.message} name the column.`,
    });
  }
  if (accuracyDropPercent !== undefined) {
    alarms.push({
      id: 'AccuracyDrop',
      title: 'Loss of estimated accuracy',
      field: DRIFT_LINE.accuracyDrop,
      threshold: accuracyDropPercent / 100,
      description:
        `The estimated accuracy is more than ${accuracyDropPercent} points below that in the reference data of the package. ` +
        'Evaluate the model with new labels.',
    });
  }
  return alarms;
}

/** Default thresholds on every target. `alarms` overrides them. */
const DEFAULTS: Required<Omit<AlarmOptions, 'drift' | 'accuracyDropPercent'>> = {
  errorPercent: 5,
  latencyPercent: 80,
  saturationPercent: 90,
  minutes: 3,
};

/** Thresholds of one endpoint, and the symptoms that its alarm descriptions state. */
export class AlarmThresholds {
  /** Threshold of the error alarm, in percent of the requests. */
  readonly errorPercent: number;
  /** Threshold of the saturation alarm, in percent. */
  readonly saturationPercent: number;
  /** Minutes above the threshold before an alarm is raised. */
  readonly minutes: number;
  /** Latency threshold, in seconds. */
  readonly latencySeconds: number;
  /** Symptom of each alarm, used as the start of its description. */
  readonly symptoms: { readonly errors: string; readonly latency: string };

  /** @param timeoutSeconds timeout of the endpoint, or the target's maximum if the timeout is a token */
  constructor(options: AlarmOptions = {}, timeoutSeconds: number) {
    const { errorPercent, latencyPercent, saturationPercent, minutes } = { ...DEFAULTS, ...options };
    this.errorPercent = errorPercent;
    this.saturationPercent = saturationPercent;
    this.minutes = minutes;
    this.latencySeconds = (timeoutSeconds * latencyPercent) / 100;
    const duration = `for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
    this.symptoms = {
      errors: `More than ${errorPercent} % of the requests failed ${duration}.`,
      latency: `Latency above ${latencyPercent} % of the timeout of ${timeoutSeconds} s ${duration}.`,
    };
  }
}
