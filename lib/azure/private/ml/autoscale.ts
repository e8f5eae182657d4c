import type { MonitorAutoscaleSetting } from '@cdktf/provider-azurerm/lib/monitor-autoscale-setting';
import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { DAYS_OF_WEEK } from '../../../serving/cron.js';
import {
  DAY_MINUTES,
  type Replicas,
  timeOfWeek,
  timeZoneOf,
  type WeeklyChange,
  weeklyChanges,
} from '../../../serving/replicas.js';
import type { ReplicaSchedule } from '../../../serving/schedule.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import type { MlDeployment } from './deployment.js';
import { windowsTimeZone } from './time-zones.js';

const NAME_LENGTH = 200;
const BUSY_PERCENT = 70;
const IDLE_PERCENT = 30;

/** Returns the limits of a deployment outside its schedule, including defaults. */
export function mlReplicas({ minReplicas = 1, maxReplicas = minReplicas }: ManagedEndpointModelProps): Replicas {
  return { min: minReplicas, max: maxReplicas };
}

/** Whether the number of instances can change. */
export function isAutoscaled(props: ManagedEndpointModelProps): boolean {
  const { min, max } = mlReplicas(props);
  return Boolean(props.schedule?.length) || Token.isUnresolved(max) || Token.isUnresolved(min) || max > min;
}

/** Scales instances with CPU utilization, or GPU utilization if the server needs a GPU, within limits that can change by time. */
export function mlAutoscale(
  scope: Construct,
  id: string,
  placement: Placement,
  deployment: MlDeployment,
  props: ManagedEndpointModelProps,
): MonitorAutoscaleSetting {
  const targetResourceId = deployment.resource.id;
  const load = {
    metricName: props.server?.spec.needsGpu ? 'GpuUtilizationPercentage' : 'CpuUtilizationPercentage',
    metricResourceId: targetResourceId,
    statistic: 'Average',
    timeAggregation: 'Last',
    timeGrain: 'PT1M',
    timeWindow: 'PT5M',
  };
  const rule = [
    {
      metricTrigger: { ...load, operator: 'GreaterThan', threshold: BUSY_PERCENT },
      scaleAction: { direction: 'Increase', type: 'ChangeCount', value: 1, cooldown: 'PT2M' },
    },
    {
      metricTrigger: { ...load, operator: 'LessThan', threshold: IDLE_PERCENT },
      // Scale-in is slower than scale-out, so that a short lull does not remove a warm instance.
      scaleAction: { direction: 'Decrease', type: 'ChangeCount', value: 1, cooldown: 'PT10M' },
    },
  ];
  const base = mlReplicas(props);
  return new azurerm.MonitorAutoscaleSetting(scope, id, {
    ...placement.common,
    name: `${groupName(scope, NAME_LENGTH)}-${deployment.name}`,
    targetResourceId,
    profile: [
      { name: 'load', capacity: capacity(base), rule },
      ...recurrences(props.schedule, base).map(({ recurrence, replicas }, index) => ({
        name: `schedule-${index}`,
        capacity: capacity(replicas),
        rule,
        recurrence,
      })),
    ],
    // Each deployment has its own setting. A new version's setting is created before the old one is deleted.
    lifecycle: { createBeforeDestroy: true },
  });
}

function capacity({ min, max }: Replicas) {
  return { minimum: min, default: min, maximum: max };
}

/**
 * Returns the times at which limits change, grouped by their hour and minute. Limits of Azure Monitor that recur at a time
 * stay in effect until the next such time: https://learn.microsoft.com/azure/azure-monitor/autoscale/autoscale-multiprofile
 */
export function recurrences(schedule: readonly ReplicaSchedule[] | undefined, base: Replicas) {
  if (!schedule?.length) return [];
  const groups = new Map<string, [WeeklyChange, ...WeeklyChange[]]>();
  for (const change of weeklyChanges(schedule, base)) {
    const key = `${change.minute % DAY_MINUTES} ${change.min} ${change.max}`;
    const group = groups.get(key);
    if (group) group.push(change);
    else groups.set(key, [change]);
  }
  const timezone = windowsTimeZone(timeZoneOf(schedule));
  return [...groups.values()].map((changes) => {
    const [{ minute: first, min, max }] = changes;
    const days = changes.map((change) => DAYS_OF_WEEK[timeOfWeek(change.minute).day]!);
    const { hour, minute } = timeOfWeek(first);
    const recurrence = { timezone, days, hours: [hour], minutes: [minute] };
    return { recurrence, replicas: { min, max } };
  });
}
