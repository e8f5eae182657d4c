import { minutesOfWeek, parseCron } from './cron.js';
import type { ReplicaSchedule } from './schedule.js';

/** Minimum and maximum number of replicas: tasks, instances, copies, pods, or concurrent executions. */
export interface Replicas {
  readonly min: number;
  readonly max: number;
}

/** Limits from a minute of the week on, which begins on Sunday at 0:00. */
export interface WeeklyChange extends Replicas {
  readonly minute: number;
}

/** Minutes of a day. */
export const DAY_MINUTES = 24 * 60;

/** Returns the day of the week, from 0 for Sunday, the hour and the minute at a minute of the week. */
export function timeOfWeek(minuteOfWeek: number): {
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
} {
  const ofDay = minuteOfWeek % DAY_MINUTES;
  return { day: Math.floor(minuteOfWeek / DAY_MINUTES), hour: Math.floor(ofDay / 60), minute: ofDay % 60 };
}

/** Returns the time zone of a schedule whose entries have the same. */
export function timeZoneOf(schedule: readonly ReplicaSchedule[]): string {
  return schedule[0]?.timeZone ?? 'UTC';
}

/** Limits that replace the construct's own where an entry sets them. */
export function replicasOf({ min, max }: Replicas): (entry: ReplicaSchedule) => Replicas {
  return ({ minReplicas = min, maxReplicas = max }) => ({ min: minReplicas, max: maxReplicas });
}

/**
 * Returns the changes of the limits in a week, in their order. The last one stays in effect until the first one of the next
 * week. If two entries have the same time, the later entry wins.
 *
 * @param schedule validated entries in one time zone, without days of the month and months
 * @param base limits of the construct outside its schedule
 */
export function weeklyChanges(schedule: readonly ReplicaSchedule[], base: Replicas): WeeklyChange[] {
  const limits = replicasOf(base);
  const found = new Map<number, WeeklyChange>();
  for (const entry of schedule) {
    // Validation has parsed the expression.
    for (const minute of minutesOfWeek(parseCron(entry.cron)!)) found.set(minute, { minute, ...limits(entry) });
  }
  const all = [...found.values()].sort((one, other) => one.minute - other.minute);
  const changes = all.filter(({ min, max }, index) => {
    const previous = all.at(index - 1)!;
    return previous.min !== min || previous.max !== max;
  });
  // Limits that never change still replace the construct's own.
  return changes.length > 0 ? changes : all.slice(0, 1);
}
