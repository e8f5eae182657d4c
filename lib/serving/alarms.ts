/** Thresholds of the alarms that every construct creates. */
export interface AlarmOptions {
  /**
   * Share of the requests that fail with a 5xx above which the alarm on errors is raised, in percent. Metric alerts of Azure
   * on Functions, Container Apps and Azure ML compare counts, not shares, and do not use it.
   *
   * @default 5
   */
  readonly errorPercent?: number;

  /**
   * Latency above which the alarm on latency is raised, in percent of `timeoutSeconds`: the 99th percentile where the target
   * measures it, and the average on Functions and Container Apps.
   *
   * @default 80
   */
  readonly latencyPercent?: number;

  /** Use of CPU, memory or concurrency above which the alarm on saturation is raised, in percent. @default 90 */
  readonly saturationPercent?: number;

  /**
   * Minutes that a metric stays above its threshold before the alarm is raised, 1 to 60. Azure rounds up to 1, 5, 15, 30 or
   * 60 minutes.
   *
   * @default 3
   */
  readonly minutes?: number;
}

/** The thresholds of every target unless `alarms` sets others. */
const DEFAULTS: Required<AlarmOptions> = { errorPercent: 5, latencyPercent: 80, saturationPercent: 90, minutes: 3 };

/** Thresholds of one endpoint, and the words that its alarms use for them. */
export class AlarmThresholds {
  readonly errorPercent: number;
  readonly saturationPercent: number;
  readonly minutes: number;
  /** Seconds above which a request is slow. */
  readonly latencySeconds: number;
  /** Names the symptom of each alarm, as the start of its description. */
  readonly symptoms: { readonly errors: string; readonly latency: string };

  /** @param timeoutSeconds of the endpoint; its limit where the timeout itself is a token */
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
