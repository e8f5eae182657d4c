import type { Model } from '../model/model.js';
import type { Access } from './access.js';
import type { AlarmOptions } from './alarms.js';
import type { Rollout } from './rollout.js';
import type { ReplicaSchedule } from './schedule.js';
import type { Throttle } from './throttle.js';

/** Props common to every construct on every cloud. */
export interface ServingProps {
  /** Model package to serve. */
  readonly model: Model;

  /** Authentication method for callers. @default Access.cloudIdentity() */
  readonly access?: Access;

  /**
   * Minimum number of replicas kept running when idle. A replica is an execution environment, a task or an instance,
   * depending on the target.
   *
   * @default - 0 where the target can scale to zero, else 1
   */
  readonly minReplicas?: number;

  /** Maximum number of replicas that run at once. @default - the target's own ceiling */
  readonly maxReplicas?: number;

  /**
   * Changes of `minReplicas` and `maxReplicas` at recurring times, such as office hours. Each stays in effect until the
   * next one. Supported on AWS, AKS, Container Apps and Azure ML.
   *
   * @default - none: the limits are the same at all times
   */
  readonly schedule?: ReplicaSchedule[];

  /** Strategy that shifts traffic to a new version of the model. @default Rollout.allAtOnce() */
  readonly rollout?: Rollout;

  /**
   * Rate limits for all callers together and for each API key.
   *
   * @default - 100 requests a second, bursts of 200
   */
  readonly throttle?: Throttle;

  /** Seconds before a request times out. @default - stated by each construct, within the target's limit */
  readonly timeoutSeconds?: number;

  /** Number of days that logs are retained. @default 90 */
  readonly logRetentionDays?: number;

  /** Whether to create a dashboard. @default true */
  readonly dashboard?: boolean;

  /** Thresholds of the alarms. @default - 5 % errors, 80 % of the timeout, 90 % saturation, for 3 minutes */
  readonly alarms?: AlarmOptions;

  /** Additional environment variables of the runtime. @default - only those that the construct sets */
  readonly environment?: { [name: string]: string };
}
