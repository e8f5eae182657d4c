import type { EndpointMetric } from '../serving/endpoint.js';

/**
 * Metric of an endpoint in Cloud Monitoring. Its type is `NAMESPACE/NAME`.
 *
 * @example
 * ```ts
 * import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
 * import { ServerlessModel } from 'modelship/gcp';
 *
 * const endpoint = new ServerlessModel(stack, 'Iris', { model, region: 'europe-west4' });
 * const { filter, aligner, reducer } = endpoint.metricErrors();
 * new MonitoringAlertPolicy(stack, 'Failures', {
 *   displayName: 'Iris fails',
 *   combiner: 'OR',
 *   conditions: [
 *     {
 *       displayName: 'More than one failure a second',
 *       conditionThreshold: {
 *         filter,
 *         aggregations: [{ alignmentPeriod: '60s', perSeriesAligner: aligner, crossSeriesReducer: reducer }],
 *         comparison: 'COMPARISON_GT',
 *         thresholdValue: 1,
 *         duration: '300s',
 *       },
 *     },
 *   ],
 * });
 * ```
 */
export interface GoogleMetric extends EndpointMetric<string> {
  /** Aligner that suits the kind of metric: a rate for counts, the 99th percentile for latencies. */
  readonly aligner: string;
  /** Reducer that combines the time series of the endpoint. */
  readonly reducer: string;
}

/** Metrics that an endpoint reports about its requests. */
export interface RequestMetrics {
  readonly requests: GoogleMetric;
  readonly errors: GoogleMetric;
  readonly latency: GoogleMetric;
}
