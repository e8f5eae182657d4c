import type { AlarmThresholds } from '../../../serving/alarms.js';
import type { Metric, Watched } from '../shared/telemetry.js';

const NAMESPACE = 'Microsoft.ContainerService/managedClusters';

const CPU: Metric = {
  title: 'CPU of the nodes in percent',
  namespace: NAMESPACE,
  name: 'node_cpu_usage_percentage',
  aggregation: 'Average',
};
const MEMORY: Metric = {
  title: 'Memory of the nodes in percent',
  namespace: NAMESPACE,
  name: 'node_memory_working_set_percentage',
  aggregation: 'Average',
};

/** Returns the metrics and alerts of a cluster, named after Azure Monitor's supported metrics of the resource type. */
export function aksTelemetry({ saturationPercent }: AlarmThresholds): Omit<Watched, 'resourceId'> {
  return {
    resourceType: NAMESPACE.toLowerCase(),
    lines: { table: 'ContainerLogV2', column: 'LogMessage' },
    metrics: [
      CPU,
      MEMORY,
      { title: 'Pods by phase', namespace: NAMESPACE, name: 'kube_pod_status_phase', aggregation: 'Average' },
      { title: 'Pods that are ready', namespace: NAMESPACE, name: 'kube_pod_status_ready', aggregation: 'Average' },
    ],
    alarms: [
      {
        id: 'Errors',
        metric: {
          title: 'Pods that failed',
          namespace: NAMESPACE,
          name: 'kube_pod_status_phase',
          aggregation: 'Average',
          only: { dimension: 'phase', values: ['Failed'] },
        },
        threshold: 0,
        description: 'Pods failed. Container insights has their logs.',
      },
      {
        id: 'Waiting',
        metric: {
          title: 'Pods waiting for a node',
          namespace: NAMESPACE,
          name: 'kube_pod_status_phase',
          aggregation: 'Average',
          only: { dimension: 'phase', values: ['Pending'] },
        },
        threshold: 0,
        description: 'Pods have no node. Raise the maximum number of nodes, or the quota of the subscription.',
      },
      {
        id: 'Saturation',
        metric: CPU,
        threshold: saturationPercent,
        description: `CPU of the nodes above ${saturationPercent} %. Raise maxReplicas and the number of nodes.`,
      },
    ],
  };
}
