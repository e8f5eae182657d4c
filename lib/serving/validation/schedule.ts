import { parseCron } from '../cron.js';
import type { Replicas } from '../replicas.js';
import type { ReplicaSchedule } from '../schedule.js';
import { arrayOf, NUMBER, options, required, STRING } from './prop-types.js';
import type { Range, Validator } from './validator.js';

export const SCHEDULE = arrayOf(
  options<ReplicaSchedule>('an object such as { cron: "0 8 * * MON-FRI", minReplicas: 2 }', {
    cron: required(STRING),
    timeZone: STRING,
    minReplicas: NUMBER,
    maxReplicas: NUMBER,
  }),
);

/** Replica limits that a target can change at certain times. */
export interface ScheduleSupport {
  readonly minReplicas: Range;
  /** Range of the maximum, or the reason why it cannot change, as a sentence. */
  readonly maxReplicas: Range | string;
  /** Limits of the construct outside its schedule, with its defaults. */
  readonly base: Replicas;
  /**
   * Service that changes the limits at times of the week in one time zone, as the start of a sentence.
   *
   * @default - the target changes them at any times
   */
  readonly weeklyBy?: string;
}

/** Reports faults of the scheduled changes of the replica limits. `support` may be an alternative, as a sentence. */
export function checkSchedule(
  validator: Validator,
  schedule: readonly ReplicaSchedule[] | undefined,
  target: string,
  support:
    | ScheduleSupport
    | string = 'Set `minReplicas` for the busiest times, or use modelship/aws or modelship/azure',
): void {
  if (schedule === undefined) return;
  if (typeof support === 'string') {
    validator.refuse('schedule', `${target} does not change its replicas by time here. ${support}`);
    return;
  }
  if (!checkKnown(validator, 'schedule', schedule)) return;
  if (support.weeklyBy !== undefined) {
    validator.known('minReplicas', support.base.min, COMPARED);
    validator.known('maxReplicas', support.base.max, COMPARED);
  }
  for (const [index, entry] of schedule.entries()) {
    const prop = `schedule.${index}`;
    if (!checkKnown(validator, prop, entry)) continue;
    checkEntry(validator, prop, entry, support);
    if (support.weeklyBy !== undefined) checkWeekly(validator, prop, entry, support.weeklyBy, schedule[0]!.timeZone);
  }
}

function checkEntry(
  validator: Validator,
  prop: string,
  { cron, timeZone, minReplicas, maxReplicas }: ReplicaSchedule,
  { base, ...support }: ScheduleSupport,
): void {
  checkTimes(validator, `${prop}.cron`, cron);
  validator.check(
    timeZone === undefined || validator.isToken(timeZone) || isTimeZone(timeZone),
    `${prop}.timeZone`,
    'BAD_TEXT',
    `got ${JSON.stringify(timeZone)}; pass an IANA time zone, such as Europe/Berlin`,
  );
  validator.check(
    minReplicas !== undefined || maxReplicas !== undefined,
    prop,
    'MISSING',
    'got neither `minReplicas` nor `maxReplicas`; set what changes',
  );
  validator.number(`${prop}.minReplicas`, minReplicas, support.minReplicas);
  if (typeof support.maxReplicas !== 'string') {
    validator.number(`${prop}.maxReplicas`, maxReplicas, support.maxReplicas);
  } else if (maxReplicas !== undefined) {
    validator.refuse(`${prop}.maxReplicas`, support.maxReplicas);
  }
  const [min, max] = [minReplicas ?? base.min, maxReplicas ?? base.max];
  if (validator.isToken(min) || validator.isToken(max)) return;
  validator.check(
    min <= max,
    `${prop}.minReplicas`,
    'MIN_OVER_MAX',
    `got a minimum of ${min} and a maximum of ${max} from these times on; set both, or lower the minimum`,
  );
}

/** Why limits must be known at synthesis. */
const COMPARED = 'the limits of a week are compared at synthesis';

function checkWeekly(
  validator: Validator,
  prop: string,
  { cron, timeZone, minReplicas, maxReplicas }: ReplicaSchedule,
  service: string,
  firstTimeZone: string | undefined,
): void {
  const parsed = validator.isToken(cron) ? undefined : parseCron(cron);
  validator.check(
    parsed === undefined || (parsed.dayOfMonth === '*' && parsed.month === '*'),
    `${prop}.cron`,
    'UNSUPPORTED',
    `got ${JSON.stringify(cron)}; ${service} repeats a week, so set the day of the month and the month to \`*\``,
  );
  validator.check(
    timeZone === firstTimeZone,
    `${prop}.timeZone`,
    'CONFLICT',
    `got ${timeZone ?? 'UTC'} and ${firstTimeZone ?? 'UTC'}; ${service} needs all times of a schedule in one time zone`,
  );
  validator.known(`${prop}.timeZone`, timeZone, 'each cloud names time zones differently');
  for (const [name, value] of Object.entries({ minReplicas, maxReplicas })) {
    validator.known(`${prop}.${name}`, value, COMPARED);
  }
}

function checkTimes(validator: Validator, prop: string, cron: string): void {
  if (!checkKnown(validator, prop, cron)) return;
  const parsed = parseCron(cron);
  const rule = 'five fields: minute, hour, day of the month, month, day of the week, such as 0 8 * * MON-FRI';
  validator.check(parsed !== undefined, prop, 'BAD_TEXT', `got ${JSON.stringify(cron)}; pass ${rule}`);
  validator.check(
    parsed === undefined || parsed.dayOfMonth === '*' || parsed.dayOfWeek === '*',
    prop,
    'CONFLICT',
    'got a day of the month and a day of the week; set one of them to `*`, and add an entry for the other',
  );
}

/** Reports a fault and returns false if a value is a token. */
function checkKnown(validator: Validator, prop: string, value: unknown): boolean {
  return validator.known(prop, value, 'each cloud writes times differently');
}

/** Whether this Node knows the time zone. Its ICU data contain every IANA zone and alias. */
function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
