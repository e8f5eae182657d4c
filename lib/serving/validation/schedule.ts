import { parseCron } from '../cron.js';
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
  readonly base: { readonly min: number; readonly max: number };
}

/** Reports faults of the scheduled changes of the replica limits. `support` may be an alternative, as a sentence. */
export function checkSchedule(
  validator: Validator,
  schedule: readonly ReplicaSchedule[] | undefined,
  target: string,
  support: ScheduleSupport | string = 'Set `minReplicas` for the busiest times, or use modelship/aws',
): void {
  if (schedule === undefined) return;
  if (typeof support === 'string') {
    validator.refuse('schedule', `${target} does not change its replicas by time here. ${support}`);
    return;
  }
  if (!checkKnown(validator, 'schedule', schedule)) return;
  for (const [index, entry] of schedule.entries()) {
    const prop = `schedule.${index}`;
    if (checkKnown(validator, prop, entry)) checkEntry(validator, prop, entry, support);
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
  if (typeof support.maxReplicas === 'string') {
    if (maxReplicas !== undefined) validator.refuse(`${prop}.maxReplicas`, support.maxReplicas);
    return;
  }
  validator.number(`${prop}.maxReplicas`, maxReplicas, support.maxReplicas);
  const [min, max] = [minReplicas ?? base.min, maxReplicas ?? base.max];
  if (validator.isToken(min) || validator.isToken(max)) return;
  validator.check(
    min <= max,
    `${prop}.minReplicas`,
    'MIN_OVER_MAX',
    `got a minimum of ${min} and a maximum of ${max} from these times on; set both, or lower the minimum`,
  );
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
