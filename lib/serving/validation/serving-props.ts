import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { JwtAccessOptions } from '../access.js';
import type { AlarmOptions } from '../alarms.js';
import type { ServingProps } from '../props.js';
import type { CanaryRolloutOptions, LinearRolloutOptions, RolloutOptions } from '../rollout.js';
import type { GateDataSet, RolloutGate } from '../rollout-gate.js';
import { MODEL_VARIABLES } from '../servers/model-variables.js';
import type { Throttle } from '../throttle.js';
import { type AccessSupport, checkAccess } from './access.js';
import {
  BOOLEAN,
  checkType,
  choice,
  NUMBER,
  NUMBERS,
  object,
  options,
  type PropTypes,
  required,
  STRING,
  STRING_MAP,
  STRINGS,
} from './prop-types.js';
import { checkRollout, type RolloutSupport } from './rollout.js';
import { checkSchedule, SCHEDULE, type ScheduleSupport } from './schedule.js';
import type { Range, Steps, Validator } from './validator.js';

export const MODEL = object('a Model, such as Model.fromDirectory("models/iris")', 'manifest', 'digest');

const GATE = options<RolloutGate>("an object such as { samples: 'approved/samples.json' }", {
  samples: STRING,
  dataSet: options<GateDataSet>("an object such as { rows: 'test.csv', label: 'species', min: { accuracy: 0.9 } }", {
    rows: required(STRING),
    label: STRING,
    weight: STRING,
    query: STRING,
    task: STRING,
    min: NUMBERS,
    max: NUMBERS,
  }),
});

/** Types of the props common to every construct on every cloud. */
export const SERVING_PROPS: PropTypes<ServingProps> = {
  model: required(MODEL),
  access: choice('Access.cloudIdentity()', {
    jwt: {
      options: required(
        options<JwtAccessOptions>('an object such as { issuer, audience }', { issuer: STRING, audience: STRINGS }),
      ),
    },
  }),
  minReplicas: NUMBER,
  maxReplicas: NUMBER,
  schedule: SCHEDULE,
  rollout: choice('Rollout.allAtOnce()', {
    allAtOnce: { options: options<RolloutOptions>('an object such as { gate: {} }', { gate: GATE }) },
    canary: {
      options: options<CanaryRolloutOptions>('an object such as { percent: 10 }', {
        percent: NUMBER,
        bakeMinutes: NUMBER,
        gate: GATE,
      }),
    },
    linear: {
      options: required(
        options<LinearRolloutOptions>('an object such as { stepPercent: 10, intervalMinutes: 5 }', {
          stepPercent: NUMBER,
          intervalMinutes: NUMBER,
          gate: GATE,
        }),
      ),
    },
  }),
  throttle: options<Throttle>('an object such as { requestsPerSecond: 100 }', {
    requestsPerSecond: NUMBER,
    burst: NUMBER,
    requestsPerDay: NUMBER,
  }),
  timeoutSeconds: NUMBER,
  logRetentionDays: NUMBER,
  dashboard: BOOLEAN,
  alarms: options<AlarmOptions>('an object such as { errorPercent: 5 }', {
    errorPercent: NUMBER,
    latencyPercent: NUMBER,
    saturationPercent: NUMBER,
    minutes: NUMBER,
    drift: NUMBER,
    accuracyDropPercent: NUMBER,
  }),
  environment: STRING_MAP,
};

/** Features and limits of a target for the common props. */
export interface ServingTarget {
  /** Name of the target as the start of a sentence: `Cloud Run`. */
  readonly target: string;
  readonly access: Omit<AccessSupport, 'target'> & { readonly target?: string };
  readonly minReplicas: Range;
  readonly maxReplicas: Range;
  /** Replica limits that the target can change by time, or the alternative as a sentence. @default - none */
  readonly schedule?: ScheduleSupport | string;
  readonly rollout: Omit<RolloutSupport, 'target'> & { readonly target?: string };
  /** Rate limits that the target supports, or the alternative as a sentence. */
  readonly throttle: ThrottleSupport | string;
  readonly timeoutSeconds: Range;
  readonly logRetentionDays: Range | Steps;
  /** Pattern of the additional environment variables that the construct or the host sets. */
  readonly reserved: RegExp;
  /** Names of environment variables that the target accepts. @default - letters, digits and `_`, without a digit first */
  readonly variableNames?: VariableNames;
}

/** Ranges of the rate limits that a target supports. */
export interface ThrottleSupport {
  readonly requestsPerSecond: Range;
  readonly burst: Range;
  /** Range of the daily quota of a caller, or the alternative as a sentence. */
  readonly requestsPerDay: Range | string;
}

/** Reports faults of the common props, with the same messages on every target. */
export function checkServingProps(validator: Validator, props: ServingProps, rules: ServingTarget): void {
  const { target } = rules;
  checkAccess(validator, props.access, { target, ...rules.access });
  checkReplicas(validator, props, rules);
  checkSchedule(validator, props.schedule, target, rules.schedule);
  checkRollout(validator, props.rollout, { target, ...rules.rollout });
  if (props.throttle) checkThrottle(validator, props.throttle, rules);
  validator.number('timeoutSeconds', props.timeoutSeconds, rules.timeoutSeconds);
  const { logRetentionDays } = rules;
  if ('values' in logRetentionDays) validator.step('logRetentionDays', props.logRetentionDays, logRetentionDays);
  else validator.number('logRetentionDays', props.logRetentionDays, logRetentionDays);
  checkAlarms(validator, props);
  checkEnvironment(validator, 'environment', props.environment, rules.reserved, STRING, rules.variableNames);
}

const ALARM_RANGES: Readonly<Record<keyof AlarmOptions, Range>> = {
  errorPercent: { min: 0, max: 100, fraction: true, unit: 'percent', source: 'an alarm' },
  latencyPercent: { min: 1, max: 100, fraction: true, unit: 'percent', source: 'an alarm' },
  saturationPercent: { min: 1, max: 100, fraction: true, unit: 'percent', source: 'an alarm' },
  minutes: { min: 1, max: 60, unit: 'minutes', source: 'an alarm' },
  drift: { min: 0.01, max: 10, fraction: true, source: 'an alarm' },
  accuracyDropPercent: { min: 0.1, max: 100, fraction: true, unit: 'percent', source: 'an alarm' },
};

/** Log levels at which the runtime logs no drift. */
const TOO_QUIET: readonly (string | undefined)[] = ['error', 'warn'];

function checkAlarms(validator: Validator, { alarms = {}, model, environment }: ServingProps): void {
  for (const name of Object.keys(ALARM_RANGES) as (keyof AlarmOptions)[]) {
    validator.number(`alarms.${name}`, alarms[name], ALARM_RANGES[name]);
    validator.known(`alarms.${name}`, alarms[name], 'thresholds and descriptions are computed at synthesis');
  }
  const { reference } = model.manifest;
  const level = environment?.[ENVIRONMENT.logLevel];
  for (const name of ['drift', 'accuracyDropPercent'] as const) {
    if (alarms[name] === undefined) continue;
    validator.check(
      reference !== undefined && (name === 'drift' || reference.labelled !== undefined),
      `alarms.${name}`,
      'MISSING',
      name === 'drift'
        ? `model \`${model.name}\` has no reference data to compare requests with; pack it again with \`--reference FILE\`, or remove it`
        : `model \`${model.name}\` has no labels to estimate its accuracy from; pack it again with \`--labels NAMES --reference FILE ` +
            '--reference-label COLUMN`, or remove it',
    );
    validator.check(
      !TOO_QUIET.includes(level),
      `alarms.${name}`,
      'CONFLICT',
      `reads lines of the level info, and ${ENVIRONMENT.logLevel} of environment is ${level}; set it to info, or remove one of them`,
    );
  }
}

function checkReplicas(validator: Validator, props: ServingProps, rules: ServingTarget): void {
  const { minReplicas, maxReplicas } = props;
  validator.number('minReplicas', minReplicas, rules.minReplicas);
  validator.number('maxReplicas', maxReplicas, rules.maxReplicas);
  if (minReplicas === undefined || maxReplicas === undefined) return;
  if (validator.isToken(minReplicas) || validator.isToken(maxReplicas)) return;
  validator.check(
    minReplicas <= maxReplicas,
    'minReplicas',
    'MIN_OVER_MAX',
    `got ${minReplicas}, above the ${maxReplicas} of maxReplicas; lower minReplicas or raise maxReplicas`,
  );
}

function checkThrottle(validator: Validator, throttle: Throttle, { target, throttle: support }: ServingTarget): void {
  if (typeof support === 'string') {
    validator.refuse('throttle', `${target} does not throttle callers. ${support}`);
    return;
  }
  const { requestsPerSecond, burst, requestsPerDay } = throttle;
  validator.check(
    requestsPerSecond !== undefined,
    'throttle.requestsPerSecond',
    'MISSING',
    'got nothing; pass the steady rate of requests per second',
  );
  validator.number('throttle.requestsPerSecond', requestsPerSecond, support.requestsPerSecond);
  validator.number('throttle.burst', burst, support.burst);
  if (requestsPerDay === undefined) return;
  if (typeof support.requestsPerDay === 'string') {
    validator.refuse('throttle.requestsPerDay', `${target} has no daily quota here. ${support.requestsPerDay}`);
  } else validator.number('throttle.requestsPerDay', requestsPerDay, support.requestsPerDay);
}

/** Returns a pattern that matches exactly the given variable names, which can be regular expressions. */
export function exactly(...names: readonly string[]): RegExp {
  return new RegExp(`^(${names.join('|')})$`);
}

/** Names of environment variables that a service accepts, and the rule in words. */
export interface VariableNames {
  readonly pattern: RegExp;
  readonly rule: string;
}

/** Variable names that shells and all hosts accept. */
const PORTABLE: VariableNames = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  rule: 'the name of a variable consists of letters, digits and `_`, and does not start with a digit',
};

/**
 * Reports environment variables with an invalid name, a reserved name, or a value of the wrong type.
 *
 * @param value expected type of the values
 * @param names names that the service accepts
 */
export function checkEnvironment(
  validator: Validator,
  prop: string,
  environment: { readonly [name: string]: unknown } = {},
  reserved: RegExp,
  value = STRING,
  names: VariableNames = PORTABLE,
): void {
  if (validator.isToken(environment)) return;
  for (const [name, given] of Object.entries(environment)) {
    validator.text(`${prop}.${name}`, name, names.pattern, names.rule);
    checkType(validator, `${prop}.${name}`, given, value);
    validator.check(
      !reserved.test(name) && !RESERVED_EVERYWHERE.includes(name),
      `${prop}.${name}`,
      'RESERVED_VARIABLE',
      'the construct or its host sets this variable; use the matching prop (model, access, timeoutSeconds), or remove it',
    );
  }
}

/** Environment variables that every construct sets, and the port, which probes and front ends expect to be unchanged. */
export const SET_BY_CONSTRUCTS: readonly string[] = [...MODEL_VARIABLES, ENVIRONMENT.timeoutSeconds, ENVIRONMENT.port];

/** Environment variables that users cannot set on any construct. */
const RESERVED_EVERYWHERE: readonly string[] = [
  ...SET_BY_CONSTRUCTS,
  // They make the image run a batch in place of the server.
  ENVIRONMENT.batchInput,
  ENVIRONMENT.batchOutput,
  ENVIRONMENT.batchRows,
  ENVIRONMENT.batchConcurrency,
  ENVIRONMENT.batchToleratedFailures,
];
