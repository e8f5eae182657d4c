import { Token } from 'aws-cdk-lib';
import type { CfnScalableTarget } from 'aws-cdk-lib/aws-applicationautoscaling';
import { parseCron } from '../../../serving/cron.js';
import { type Replicas, replicasOf } from '../../../serving/replicas.js';
import type { ReplicaSchedule } from '../../../serving/schedule.js';

/**
 * Scheduled actions of a scalable target. Each sets both limits, so that an earlier action has no effect on it.
 *
 * @param replicas limits from the times of an entry on
 */
export function scheduledActions(
  schedule: readonly ReplicaSchedule[] | undefined,
  replicas: (entry: ReplicaSchedule) => Replicas,
): CfnScalableTarget.ScheduledActionProperty[] | undefined {
  return schedule?.map((entry, index) => {
    const { min, max } = replicas(entry);
    return {
      scheduledActionName: `schedule-${index}`,
      schedule: cronOf(entry.cron),
      timezone: entry.timeZone,
      scalableTargetAction: { minCapacity: min, maxCapacity: max },
    };
  });
}

/** Lowest and highest limit that a construct ever has. */
export function extremes(schedule: readonly ReplicaSchedule[] | undefined, base: Replicas): Replicas {
  const all = [base, ...(schedule ?? []).map(replicasOf(base))];
  // A token has no order: the limits of the construct then stand for all.
  if (all.some(({ min, max }) => Token.isUnresolved(min) || Token.isUnresolved(max))) return base;
  return { min: Math.min(...all.map(({ min }) => min)), max: Math.max(...all.map(({ max }) => max)) };
}

/**
 * Expression of Application Auto Scaling, which has a field for the year and `?` for the day that is not restricted.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
 */
function cronOf(text: string): string {
  // Validation has parsed the expression.
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parseCron(text)!;
  const fields = [every(minute, 0), every(hour, 0)];
  const days =
    dayOfWeek === '*'
      ? [every(dayOfMonth, 1), every(month, 1), '?']
      : ['?', every(month, 1), every(dayOfWeek, 'SUN').replace(/(\w+)-SUN/g, '$1-SAT,SUN')];
  return `cron(${[...fields, ...days, '*'].join(' ')})`;
}

/** Names the first value of steps, as in the documentation's examples. Weeks begin on Sunday, so no range ends on it. */
function every(field: string, first: number | string): string {
  return field.replaceAll('*/', `${first}/`);
}
