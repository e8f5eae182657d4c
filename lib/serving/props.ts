import type { Model } from '../model/model.js';
import type { Access } from './access.js';
import type { AlarmOptions } from './alarms.js';
import type { Rollout } from './rollout.js';
import type { Throttle } from './throttle.js';

/** What every construct on every cloud takes. */
export interface ServingProps {
  /** The model package to serve. */
  readonly model: Model;

  /** How callers prove that they may ask the model. @default Access.cloudIdentity() */
  readonly access?: Access;

  /**
   * Replicas kept warm when nobody asks. What a replica is, the target says: an execution environment, a task, an
   * instance.
   *
   * @default - 0 where the target can scale to zero, else 1
   */
  readonly minReplicas?: number;

  /** Replicas that may run at once. @default - the target's own ceiling */
  readonly maxReplicas?: number;

  /** How traffic moves to a new version of the model. @default Rollout.allAtOnce() */
  readonly rollout?: Rollout;

  /** How much all callers together, and each with a key, may ask. @default - 100 requests a second, bursts of 200 */
  readonly throttle?: Throttle;

  /** Seconds after which a request is given up. @default - stated by each construct, within the target's limit */
  readonly timeoutSeconds?: number;

  /** Days that logs are kept. @default 90 */
  readonly logRetentionDays?: number;

  /** Whether a dashboard is made. @default true */
  readonly dashboard?: boolean;

  /** Thresholds of the alarms. @default - 5 % errors, 80 % of the timeout, 90 % saturation, for 3 minutes */
  readonly alarms?: AlarmOptions;

  /** Environment variables for the runtime beside those that the construct sets. @default - none */
  readonly environment?: { [name: string]: string };
}
