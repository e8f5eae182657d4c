import type { MonitorAutoscaleSetting } from '@cdktf/provider-azurerm/lib/monitor-autoscale-setting';
import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import type { MlDeployment } from './deployment.js';

const NAME_LENGTH = 200;
const BUSY_PERCENT = 70;
const IDLE_PERCENT = 30;

/** Whether the number of instances can change. */
export function isAutoscaled({ minReplicas = 1, maxReplicas = minReplicas }: ManagedEndpointModelProps): boolean {
  return Token.isUnresolved(maxReplicas) || Token.isUnresolved(minReplicas) || maxReplicas > minReplicas;
}

/** Scales instances with CPU utilization, or GPU utilization if the server needs a GPU. */
export function mlAutoscale(
  scope: Construct,
  id: string,
  placement: Placement,
  deployment: MlDeployment,
  { minReplicas = 1, maxReplicas = minReplicas, server }: ManagedEndpointModelProps,
): MonitorAutoscaleSetting {
  const targetResourceId = deployment.resource.id;
  const load = {
    metricName: server?.spec.needsGpu ? 'GpuUtilizationPercentage' : 'CpuUtilizationPercentage',
    metricResourceId: targetResourceId,
    statistic: 'Average',
    timeAggregation: 'Last',
    timeGrain: 'PT1M',
    timeWindow: 'PT5M',
  };
  return new azurerm.MonitorAutoscaleSetting(scope, id, {
    ...placement.common,
    name: `${groupName(scope, NAME_LENGTH)}-${deployment.name}`,
    targetResourceId,
    profile: [
      {
        name: 'load',
        capacity: { minimum: minReplicas, default: minReplicas, maximum: maxReplicas },
        rule: [
          {
            metricTrigger: { ...load, operator: 'GreaterThan', threshold: BUSY_PERCENT },
            scaleAction: { direction: 'Increase', type: 'ChangeCount', value: 1, cooldown: 'PT2M' },
          },
          {
            metricTrigger: { ...load, operator: 'LessThan', threshold: IDLE_PERCENT },
            // Scale-in is slower than scale-out, so that a short lull does not remove a warm instance.
            scaleAction: { direction: 'Decrease', type: 'ChangeCount', value: 1, cooldown: 'PT10M' },
          },
        ],
      },
    ],
    // Each deployment has its own setting. A new version's setting is created before the old one is deleted.
    lifecycle: { createBeforeDestroy: true },
  });
}
