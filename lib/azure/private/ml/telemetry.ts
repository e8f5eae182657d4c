import type { AlarmThresholds } from '../../../serving/alarms.js';
import type { Metric, RequestMetric, Watched } from '../shared/telemetry.js';

const NAMESPACE = 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints';

const REQUESTS: RequestMetric = {
  title: 'Requests',
  namespace: NAMESPACE,
  name: 'RequestsPerMinute',
  aggregation: 'Average',
  unit: '1',
};

const ERRORS: RequestMetric = {
  ...REQUESTS,
  title: 'Errors of the server',
  only: { dimension: 'statusCodeClass', values: ['5xx'] },
};

const REJECTED: Metric = {
  title: 'Rejected requests',
  namespace: NAMESPACE,
  name: 'RequestsPerMinute',
  aggregation: 'Average',
  only: { dimension: 'statusCode', values: ['429'] },
};

const LATENCY: RequestMetric = {
  title: 'Latency, 99th percentile',
  namespace: NAMESPACE,
  name: 'RequestLatency_P99',
  aggregation: 'Average',
  unit: 'ms',
};

/**
 * Returns the metrics and alerts of an online endpoint, named after Azure Monitor's supported metrics of the resource
 * type.
 */
export function mlTelemetry({ latencySeconds, symptoms }: AlarmThresholds): Omit<Watched, 'resourceId'> {
  return {
    resourceType: NAMESPACE.toLowerCase(),
    lines: { table: 'AmlOnlineEndpointConsoleLog', column: 'Message' },
    metrics: [
      REQUESTS,
      LATENCY,
      { title: 'Connections', namespace: NAMESPACE, name: 'ConnectionsActive', aggregation: 'Average' },
      { title: 'Bytes received and sent', namespace: NAMESPACE, name: 'NetworkBytes', aggregation: 'Average' },
    ],
    requestMetrics: { requests: REQUESTS, errors: ERRORS, latency: LATENCY },
    alarms: [
      {
        id: 'Errors',
        metric: ERRORS,
        threshold: 1,
        description: 'More than one request a minute failed with 5xx. See the console log in Log Analytics.',
      },
      {
        id: 'Latency',
        metric: LATENCY,
        threshold: latencySeconds * 1000,
        description: `p99: ${symptoms.latency}`,
      },
      {
        id: 'Saturation',
        metric: REJECTED,
        threshold: 1,
        description: 'Requests were rejected with 429. Raise maxReplicas, or maxConcurrency if processors idle.',
      },
    ],
  };
}
