/** How a canary moves: a share of the traffic first, the rest after a while without an alarm. */
export interface CanaryRolloutOptions {
  /** Share of the traffic the new version gets first, in percent, 1 to 99. */
  readonly percent: number;
  /** Minutes the share is held before the rest follows. */
  readonly bakeMinutes: number;
}

/** How a linear rollout moves: equal steps at equal intervals. */
export interface LinearRolloutOptions {
  /** Share of the traffic added by each step, in percent, 1 to 99. */
  readonly stepPercent: number;
  /** Minutes between two steps. */
  readonly intervalMinutes: number;
}

/** How traffic moves to a new version of the model. An alarm during the move takes it back where the target can. */
export class Rollout {
  /** Everything at once. The default everywhere. */
  static allAtOnce(): Rollout {
    return new Rollout('allAtOnce');
  }

  /** A share first, then the rest. */
  static canary(options: CanaryRolloutOptions): Rollout {
    return new Rollout('canary', options, undefined);
  }

  /** Equal steps. */
  static linear(options: LinearRolloutOptions): Rollout {
    return new Rollout('linear', undefined, options);
  }

  private constructor(
    /** One of `allAtOnce`, `canary` and `linear`. */
    readonly kind: 'allAtOnce' | 'canary' | 'linear',
    /** Set when `kind` is `canary`. */
    readonly canaryOptions?: CanaryRolloutOptions,
    /** Set when `kind` is `linear`. */
    readonly linearOptions?: LinearRolloutOptions,
  ) {}
}
