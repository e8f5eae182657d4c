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
}

/** Default thresholds on every target. `alarms` overrides them. */
const DEFAULTS: Required<AlarmOptions> = { errorPercent: 5, latencyPercent: 80, saturationPercent: 90, minutes: 3 };

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
