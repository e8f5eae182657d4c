import type { RolloutGate } from './rollout-gate.js';

/** Options that every rollout has. */
export interface RolloutOptions {
  /**
   * Questions that a new version must answer correctly before it receives traffic. Supported on AWS Lambda and ECS. The
   * first deployment on Lambda has no earlier version, and no gate. On other targets, `modelship release` asks the same
   * questions.
   *
   * @default - none: a new version receives traffic once it is ready
   */
  readonly gate?: RolloutGate;
}

/** Options of a canary rollout, which shifts a share of the traffic first and the rest after a bake time. */
export interface CanaryRolloutOptions extends RolloutOptions {
  /**
   * Share of the traffic that shifts to the new version first, in percent, 1 to 99. On Azure and Google Cloud it may be 0:
   * the new version is deployed beside the stable one, and receives only requests to its own address.
   */
  readonly percent: number;
  /**
   * Minutes before the rest of the traffic shifts. Used on AWS only: on Azure and Google Cloud, Terraform keeps the
   * share until the next apply.
   *
   * @default 10
   */
  readonly bakeMinutes?: number;
}

const DEFAULT_BAKE_MINUTES = 10;

/** Options of a linear rollout, which shifts traffic in equal steps at equal intervals. */
export interface LinearRolloutOptions extends RolloutOptions {
  /** Share of the traffic that each step adds, in percent, 1 to 99. */
  readonly stepPercent: number;
  /** Minutes between consecutive steps. */
  readonly intervalMinutes: number;
}

/** Options of a canary rollout, with the defaults of those that were not given. */
export interface CanaryRolloutSettings extends CanaryRolloutOptions {
  readonly bakeMinutes: number;
}

/** Settings of a rollout. The member `kind` discriminates the union. */
export type RolloutSettings =
  | { readonly kind: 'allAtOnce'; readonly options: RolloutOptions }
  | { readonly kind: 'canary'; readonly options: CanaryRolloutSettings }
  | { readonly kind: 'linear'; readonly options: LinearRolloutOptions };

/**
 * Strategy that shifts traffic to a new version of the model. On AWS, an alarm during the rollout rolls it back.
 *
 * @example
 * ```ts
 * import { Rollout } from 'modelship';
 * import { ServerlessModel } from 'modelship/aws';
 *
 * new ServerlessModel(stack, 'Iris', { model, rollout: Rollout.linear({ stepPercent: 20, intervalMinutes: 5 }) });
 * ```
 */
export class Rollout {
  /** Shifts all traffic at once. The default on every target. */
  static allAtOnce(options: RolloutOptions = {}): Rollout {
    return new Rollout({ kind: 'allAtOnce', options });
  }

  /** Shifts a share of the traffic first, then the rest. */
  static canary(options: CanaryRolloutOptions): Rollout {
    return new Rollout({ kind: 'canary', options: { bakeMinutes: DEFAULT_BAKE_MINUTES, ...options } });
  }

  /** Shifts the traffic in equal steps. */
  static linear(options: LinearRolloutOptions): Rollout {
    return new Rollout({ kind: 'linear', options });
  }

  private constructor(
    /** Settings of the rollout. Its member `kind` tells its type. */
    readonly settings: RolloutSettings,
  ) {}

  /** Kind of rollout, the same as `settings.kind`. */
  get kind(): RolloutSettings['kind'] {
    return this.settings.kind;
  }

  /** Options of a canary rollout. Set when `kind` is `canary`. */
  get canaryOptions(): CanaryRolloutSettings | undefined {
    return this.settings.kind === 'canary' ? this.settings.options : undefined;
  }

  /** Options of a linear rollout. Set when `kind` is `linear`. */
  get linearOptions(): LinearRolloutOptions | undefined {
    return this.settings.kind === 'linear' ? this.settings.options : undefined;
  }

  /** Questions that a new version must answer correctly before it receives traffic. Set if the options have a gate. */
  get gate(): RolloutGate | undefined {
    return this.settings.options?.gate;
  }
}
