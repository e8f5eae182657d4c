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

/** Whether the number of instances may change. */
export function isAutoscaled({ minReplicas = 1, maxReplicas = minReplicas }: ManagedEndpointModelProps): boolean {
  return Token.isUnresolved(maxReplicas) || Token.isUnresolved(minReplicas) || maxReplicas > minReplicas;
}

/** Instances follow the load of the processors, or of the GPUs if the server needs one. */
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
            // Slower down than up, so that a short lull does not throw away a warm instance.
            scaleAction: { direction: 'Decrease', type: 'ChangeCount', value: 1, cooldown: 'PT10M' },
          },
        ],
      },
    ],
    // Azure ML scales one deployment by one setting; the next version's is made before this one's goes.
    lifecycle: { createBeforeDestroy: true },
  });
}
