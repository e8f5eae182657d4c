import type { AlarmThresholds } from '../../../serving/alarms.js';
import type { RequestMetrics } from '../../metric.js';
import { googleMetric, type Metric, type TelemetryOptions } from '../shared/telemetry.js';

/** Creates the metrics and alarms of a Cloud Run service. */
export function cloudRunTelemetry(
  serviceName: string,
  thresholds: AlarmThresholds,
): TelemetryOptions & { readonly requestMetrics: RequestMetrics } {
  const { minutes, saturationPercent, symptoms } = thresholds;
  const resource = `resource.type="cloud_run_revision" AND resource.labels.service_name="${serviceName}"`;
  const filter = (metric: string, more = '') => `${resource} AND metric.type="run.googleapis.com/${metric}"${more}`;
  const requests: Metric = {
    title: 'Requests a second, by revision',
    filter: filter('request_count'),
    aligner: 'ALIGN_RATE',
    reducer: 'REDUCE_SUM',
    groupBy: ['resource.label.revision_name'],
  };
  const failures: Metric = {
    title: 'Share of requests that failed',
    filter: filter('request_count', ' AND metric.labels.response_code_class="5xx"'),
    aligner: 'ALIGN_RATE',
    reducer: 'REDUCE_SUM',
  };
  const latency: Metric = {
    title: 'Latency, 99th percentile (ms)',
    filter: filter('request_latencies'),
    aligner: 'ALIGN_PERCENTILE_99',
    reducer: 'REDUCE_MAX',
  };
  const utilization = (what: string, metric: string): Metric => ({
    title: `${what} in use, 99th percentile`,
    filter: filter(`container/${metric}/utilizations`),
    aligner: 'ALIGN_PERCENTILE_99',
    reducer: 'REDUCE_MAX',
  });
  const cpu = utilization('CPU', 'cpu');
  const memory = utilization('Memory', 'memory');
  const instances: Metric = {
    title: 'Instances',
    filter: filter('container/instance_count'),
    aligner: 'ALIGN_MAX',
    reducer: 'REDUCE_SUM',
    groupBy: ['metric.label.state'],
  };
  return {
    requestMetrics: {
      requests: googleMetric('run.googleapis.com/request_count', '1', requests),
      errors: googleMetric('run.googleapis.com/request_count', '1', failures),
      latency: googleMetric('run.googleapis.com/request_latencies', 'ms', latency),
    },
    logFilter: resource,
    resourceType: 'cloud_run_revision',
    metrics: [requests, failures, latency, cpu, memory, instances],
    alarms: [
      {
        id: 'Errors',
        metric: failures,
        denominator: { ...requests, groupBy: undefined },
        threshold: thresholds.errorPercent / 100,
        minutes,
        documentation:
          `${symptoms.errors} Read the errors in Cloud Logging; if a new revision caused them, shift traffic back ` +
          'to the previous one.',
      },
      {
        id: 'Latency',
        metric: latency,
        threshold: thresholds.latencySeconds * 1000,
        minutes,
        documentation: `p99: ${symptoms.latency} Lower \`maxConcurrency\` or raise \`cpu\`.`,
      },
      {
        id: 'Saturation',
        metric: memory,
        threshold: saturationPercent / 100,
        minutes,
        documentation:
          `Instances use more than ${saturationPercent} % of their memory, and are killed at 100 %. Raise \`memoryMib\` or ` +
          'lower `maxConcurrency`.',
      },
    ],
  };
}
