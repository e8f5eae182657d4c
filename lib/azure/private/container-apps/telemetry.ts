import type { AlarmThresholds } from '../../../serving/alarms.js';
import { CONTAINER_APP_LINES, type RequestMetric, type Watched } from '../shared/telemetry.js';

const NAMESPACE = 'Microsoft.App/containerApps';

const REQUESTS: RequestMetric = {
  title: 'Requests',
  namespace: NAMESPACE,
  name: 'Requests',
  aggregation: 'Total',
  unit: '1',
};
const ERRORS: RequestMetric = {
  ...REQUESTS,
  title: 'Errors of the server',
  only: { dimension: 'statusCodeCategory', values: ['5xx'] },
};
const LATENCY: RequestMetric = {
  title: 'Response time in milliseconds',
  namespace: NAMESPACE,
  name: 'ResponseTime',
  aggregation: 'Average',
  unit: 'ms',
};

/**
 * Returns the metrics and alerts of a container app, named after Azure Monitor's supported metrics of the resource
 * type.
 */
export function containerAppTelemetry({ latencySeconds, symptoms }: AlarmThresholds): Omit<Watched, 'resourceId'> {
  return {
    resourceType: NAMESPACE.toLowerCase(),
    lines: CONTAINER_APP_LINES,
    metrics: [
      REQUESTS,
      LATENCY,
      { title: 'Replicas', namespace: NAMESPACE, name: 'Replicas', aggregation: 'Maximum' },
      { title: 'Restarts', namespace: NAMESPACE, name: 'RestartCount', aggregation: 'Maximum' },
    ],
    requestMetrics: { requests: REQUESTS, errors: ERRORS, latency: LATENCY },
    alarms: [
      {
        id: 'Errors',
        metric: ERRORS,
        threshold: 5,
        description: 'More than five requests failed with 5xx. See the console log in Log Analytics.',
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
          title: 'Rejected requests',
          namespace: NAMESPACE,
          name: 'Requests',
          aggregation: 'Total',
          only: { dimension: 'statusCode', values: ['429', '503'] },
        },
        threshold: 5,
        description: 'Requests were rejected because every replica was full. Raise maxReplicas.',
      },
    ],
  };
}
