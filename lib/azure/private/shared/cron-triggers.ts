import { DAY_MINUTES, type Replicas, timeOfWeek, timeZoneOf, weeklyChanges } from '../../../serving/replicas.js';
import type { ReplicaSchedule } from '../../../serving/schedule.js';

/** Metadata of a cron trigger of KEDA, which keeps a number of replicas from a start to an end: https://keda.sh/docs/scalers/cron */
export interface CronTrigger {
  readonly timezone: string;
  readonly start: string;
  readonly end: string;
  readonly desiredReplicas: string;
}

/** Why the maximum of a schedule is rejected. */
export const KEDA_MAXIMUM =
  'KEDA raises the minimum at certain times and never changes the maximum; remove it, and set `maxReplicas` of the construct';

/**
 * Returns the minimum of a schedule at its quietest time, and the triggers that raise it at other times.
 *
 * @param base limits of the construct outside its schedule
 */
export function cronScaling(
  schedule: readonly ReplicaSchedule[] | undefined,
  base: Replicas,
): { readonly minReplicas: number; readonly triggers: CronTrigger[] } {
  if (!schedule?.length) return { minReplicas: base.min, triggers: [] };
  const changes = weeklyChanges(schedule, base);
  const minReplicas = Math.min(...changes.map(({ min }) => min));
  // Periods with the same hours on several days share a trigger. They do not overlap, so their starts and ends alternate.
  const periods = new Map<string, { min: number; starts: number[]; ends: number[] }>();
  for (const [index, { minute: start, min }] of changes.entries()) {
    if (min === minReplicas) continue;
    const end = changes[(index + 1) % changes.length]!.minute;
    const key = `${start % DAY_MINUTES} ${end % DAY_MINUTES} ${min}`;
    const period = periods.get(key) ?? { min, starts: [], ends: [] };
    period.starts.push(start);
    period.ends.push(end);
    periods.set(key, period);
  }
  const timezone = timeZoneOf(schedule);
  const triggers = [...periods.values()].map(({ min, starts, ends }) => {
    return { timezone, start: cronAt(starts), end: cronAt(ends), desiredReplicas: `${min}` };
  });
  return { minReplicas, triggers };
}

/** Returns the cron expression of minutes of the week at one time of the day. */
function cronAt(minutes: readonly number[]): string {
  const { hour, minute } = timeOfWeek(minutes[0]!);
  const days = minutes.map((each) => timeOfWeek(each).day).sort();
  return `${minute} ${hour} * * ${days.join(',')}`;
}
