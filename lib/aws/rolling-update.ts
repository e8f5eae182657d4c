import type { Duration } from 'aws-cdk-lib';

/**
 * Settings of a rolling update, which replaces instances or inference component copies in batches. Use it for fleets
 * that are too large to run twice during a deployment.
 */
export interface RollingUpdate {
  /** Percentage of instances or copies replaced per batch, 5 to 50. */
  readonly batchPercent: number;
  /** Time to monitor each batch before the next one, 0 to 60 minutes. @default Duration.minutes(5) */
  readonly interval?: Duration;
}
