import type { AlarmThresholds } from '../../../serving/alarms.js';
import type { Metric, Watched } from '../shared/telemetry.js';

const NAMESPACE = 'Microsoft.App/containerApps';

const LATENCY: Metric = {
  title: 'Response time in milliseconds',
  namespace: NAMESPACE,
  name: 'ResponseTime',
  aggregation: 'Average',
};

/**
 * Returns the metrics and alerts of a container app, named after Azure Monitor's supported metrics of the resource
 * type.
 */
export function containerAppTelemetry({ latencySeconds, symptoms }: AlarmThresholds): Omit<Watched, 'resourceId'> {
  return {
    resourceType: NAMESPACE.toLowerCase(),
    metrics: [
      { title: 'Requests', namespace: NAMESPACE, name: 'Requests', aggregation: 'Total' },
      LATENCY,
      { title: 'Replicas', namespace: NAMESPACE, name: 'Replicas', aggregation: 'Maximum' },
      { title: 'Restarts', namespace: NAMESPACE, name: 'RestartCount', aggregation: 'Maximum' },
    ],
    alarms: [
      {
        id: 'Errors',
        metric: {
          title: 'Errors of the server',
          namespace: NAMESPACE,
          name: 'Requests',
          aggregation: 'Total',
          only: { dimension: 'statusCodeCategory', values: ['5xx'] },
        },
        threshold: 5,
        description:
          'More than five requests in five minutes failed with 5xx. The console log in Log Analytics says why.',
      },
      {
        id: 'Latency',
        metric: LATENCY,
        threshold: latencySeconds * 1000,
        description: `Average: ${symptoms.latency}`,
      },
      {
        id: 'Saturation',
        metric: {
          title: 'Requests turned away',
          namespace: NAMESPACE,
          name: 'Requests',
          aggregation: 'Total',
          only: { dimension: 'statusCode', values: ['429', '503'] },
        },
        threshold: 5,
        description: 'Requests were turned away because every replica was full. Raise maxReplicas.',
      },
    ],
  };
}
