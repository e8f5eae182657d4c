import type { AlarmThresholds } from '../../../serving/alarms.js';
import type { RequestMetrics } from '../../metric.js';
import { googleMetric, type Metric, type TelemetryOptions } from '../shared/telemetry.js';

const PREFIX = 'aiplatform.googleapis.com/prediction/online';

/**
 * Creates the metrics and alarms of a Vertex AI endpoint.
 *
 * @param onGpu whether the server runs on a GPU, so that saturation is measured on the GPU instead of the CPU
 */
export function vertexTelemetry(
  endpointId: string,
  thresholds: AlarmThresholds,
  onGpu: boolean,
): TelemetryOptions & { readonly requestMetrics: RequestMetrics } {
  const { minutes, saturationPercent, symptoms } = thresholds;
  const resource = `resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="${endpointId}"`;
  const metric = (title: string, type: string, aligner: string, reducer: string): Metric => ({
    title,
    filter: `${resource} AND metric.type="${PREFIX}/${type}"`,
    aligner,
    reducer,
    groupBy: ['metric.label.deployed_model_id'],
  });
  const requests = metric('Predictions a second, by version', 'prediction_count', 'ALIGN_RATE', 'REDUCE_SUM');
  const errors: Metric = {
    ...metric('Share of predictions that failed', 'error_count', 'ALIGN_RATE', 'REDUCE_SUM'),
    groupBy: undefined,
  };
  const latency = metric('Latency, 99th percentile (ms)', 'prediction_latencies', 'ALIGN_PERCENTILE_99', 'REDUCE_MAX');
  const busy = onGpu
    ? metric('GPU in use', 'accelerator/duty_cycle', 'ALIGN_MEAN', 'REDUCE_MEAN')
    : metric('CPU in use', 'cpu/utilization', 'ALIGN_MEAN', 'REDUCE_MEAN');
  const replicas = metric('Replicas', 'replicas', 'ALIGN_MAX', 'REDUCE_SUM');
  return {
    requestMetrics: {
      requests: googleMetric(`${PREFIX}/prediction_count`, '1', requests),
      errors: googleMetric(`${PREFIX}/error_count`, '1', errors),
      latency: googleMetric(`${PREFIX}/prediction_latencies`, 'ms', latency),
    },
    logFilter: resource,
    resourceType: 'aiplatform.googleapis.com/Endpoint',
    metrics: [requests, errors, latency, busy, replicas],
    alarms: [
      {
        id: 'Errors',
        metric: errors,
        denominator: { ...requests, groupBy: undefined },
        threshold: thresholds.errorPercent / 100,
        minutes,
        documentation:
          `${symptoms.errors} Read the errors in Cloud Logging; during a canary, shift traffic back to the stable ` +
          'version.',
      },
      {
        id: 'Latency',
        metric: latency,
        threshold: thresholds.latencySeconds * 1000,
        minutes,
        documentation: `p99: ${symptoms.latency} Raise \`maxReplicas\`.`,
      },
      {
        id: 'Saturation',
        metric: busy,
        threshold: saturationPercent / 100,
        minutes,
        documentation: `${onGpu ? 'GPU' : 'CPU'} above ${saturationPercent} % for ${minutes} minutes. Raise \`maxReplicas\`.`,
      },
    ],
  };
}
