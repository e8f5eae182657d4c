import type { AlarmThresholds } from '../../../serving/alarms.js';
import type { Metric, RequestMetric, RequestMetrics, Watched } from '../shared/telemetry.js';

const NAMESPACE = 'Microsoft.Web/sites';

const REQUESTS: RequestMetric = {
  title: 'Requests',
  namespace: NAMESPACE,
  name: 'Requests',
  aggregation: 'Total',
  unit: '1',
};
const LATENCY: RequestMetric = {
  title: 'Response time in seconds',
  namespace: NAMESPACE,
  name: 'HttpResponseTime',
  aggregation: 'Average',
  unit: 's',
};
const ERRORS: RequestMetric = {
  title: 'Errors of the server',
  namespace: NAMESPACE,
  name: 'Http5xx',
  aggregation: 'Total',
  unit: '1',
};
const MEMORY: Metric = {
  title: 'Memory of an instance in bytes',
  namespace: NAMESPACE,
  name: 'MemoryWorkingSet',
  aggregation: 'Average',
};

const REQUEST_METRICS: RequestMetrics = { requests: REQUESTS, errors: ERRORS, latency: LATENCY };

const BYTES_PER_MIB = 1024 * 1024;

/**
 * Returns the metrics and alerts of a function app, named after Azure Monitor's supported metrics.
 *
 * @param memoryMib memory of each instance in MiB, the basis of the saturation threshold
 */
export function functionsTelemetry(
  memoryMib: number,
  { latencySeconds, saturationPercent, symptoms }: AlarmThresholds,
): Omit<Watched, 'resourceId'> {
  return {
    resourceType: NAMESPACE.toLowerCase(),
    lines: { table: 'AppTraces', column: 'Message' },
    metrics: [REQUESTS, ERRORS, LATENCY, MEMORY],
    requestMetrics: REQUEST_METRICS,
    alarms: [
      {
        id: 'Errors',
        metric: ERRORS,
        threshold: 5,
        description: 'More than five requests failed with 5xx. See Application Insights.',
      },
      { id: 'Latency', metric: LATENCY, threshold: latencySeconds, description: `Average: ${symptoms.latency}` },
      {
        id: 'Saturation',
        metric: MEMORY,
        threshold: Math.floor((memoryMib * BYTES_PER_MIB * saturationPercent) / 100),
        description: `Instances use more than ${saturationPercent} % of their memory. Raise \`memoryMib\` or lower \`maxConcurrency\`.`,
      },
    ],
  };
}
