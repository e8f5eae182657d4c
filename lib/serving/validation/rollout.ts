import { Rollout } from '../rollout.js';
import { calls } from './access.js';
import type { Range, Validator } from './validator.js';

/** Rollout strategies that a target supports. */
export interface RolloutSupport {
  /** Name of the target as the start of a sentence: `Cloud Run`. */
  readonly target: string;
  /** Limits of a canary rollout. @default - the target does not support canary rollouts */
  readonly canary?: {
    readonly percent?: Range;
    readonly bakeMinutes?: Range;
    /** Whether a canary may have no share of the traffic. @default false */
    readonly allowsZero?: boolean;
  };
  /** Limits of a linear rollout. @default - the target does not support linear rollouts */
  readonly linear?: { readonly stepPercent: Range; readonly intervalMinutes: Range };
  /** Whether the target asks a new version the questions of a gate. @default false */
  readonly gate?: boolean;
  /** Prop that names the version that keeps the rest of the traffic. @default - the target knows the version */
  readonly stable?: { readonly prop: string; readonly value: unknown; readonly what: string };
  /** Alternative for unsupported strategies, as a sentence. @default - the target supports every strategy */
  readonly instead?: string;
}

const PERCENT: Range = {
  min: 1,
  max: 99,
  unit: 'percent',
  source: 'a gradual rollout',
  adviceAboveMax: 'Use Rollout.allAtOnce() to move all traffic at once',
};

/** Reports a rollout strategy that the target does not support, and percentages and times out of range. */
export function checkRollout(
  validator: Validator,
  rollout: Rollout = Rollout.allAtOnce(),
  { target, canary, linear, gate = false, stable, instead = '' }: RolloutSupport,
): void {
  const { kind, canaryOptions, linearOptions } = rollout;
  const supported = ['allAtOnce', ...(canary ? ['canary'] : []), ...(linear ? ['linear'] : [])];
  if (!supported.includes(kind)) {
    validator.refuse('rollout', `got Rollout.${kind}(); ${target} supports ${calls('Rollout', supported)}. ${instead}`);
  }
  if (rollout.gate && !gate) {
    validator.refuse(
      'rollout.gate',
      `${target} runs nothing between two versions. Remove the gate, and run \`modelship release\` with the same samples ` +
        'and limits in your pipeline',
    );
  }
  if (kind === 'canary') {
    const isZero = canary?.allowsZero && canaryOptions?.percent === 0;
    if (!isZero) checkPercent(validator, 'rollout.percent', canaryOptions?.percent, canary?.percent);
    if (canary?.bakeMinutes) validator.number('rollout.bakeMinutes', canaryOptions?.bakeMinutes, canary.bakeMinutes);
  }
  if (kind === 'linear') {
    checkPercent(validator, 'rollout.stepPercent', linearOptions?.stepPercent, linear?.stepPercent);
    if (linear) {
      checkGiven(validator, 'rollout.intervalMinutes', linearOptions?.intervalMinutes);
      validator.number('rollout.intervalMinutes', linearOptions?.intervalMinutes, linear.intervalMinutes);
    }
  }
  if (!stable || (kind === 'canary' && !canary)) return;
  validator.check(
    kind !== 'canary' || stable.value !== undefined,
    stable.prop,
    'MISSING',
    `a canary shares traffic with the current version; pass ${stable.what}`,
  );
  validator.check(
    kind === 'canary' || stable.value === undefined,
    stable.prop,
    'CONFLICT',
    'only a canary keeps traffic on another version; set rollout: Rollout.canary({ percent: 10 }), or remove it',
  );
}

/** Checks the general range first: a percentage inside it can still be outside the target's own range. */
function checkPercent(validator: Validator, prop: string, percent: number | undefined, range: Range = PERCENT): void {
  checkGiven(validator, prop, percent);
  const isInGeneral = typeof percent === 'number' && percent >= PERCENT.min && percent <= PERCENT.max;
  validator.number(prop, percent, isInGeneral ? range : PERCENT);
}

function checkGiven(validator: Validator, prop: string, value: unknown): void {
  validator.check(value !== undefined, prop, 'MISSING', 'got nothing; pass a number');
}
