import type { EndpointMetric } from '../serving/endpoint.js';

/** Filter of an Azure Monitor metric by a dimension, in the form of the `dimension` blocks of an alert rule. */
export interface AzureMetricFilter {
  /** Name of the dimension, such as `statusCodeCategory`. */
  readonly name: string;
  /** Operator of the filter. */
  readonly operator: 'Include';
  /** Values that are counted. */
  readonly values: string[];
}

/**
 * Metric of an endpoint in Azure Monitor.
 *
 * @example
 * ```ts
 * import { MonitorMetricAlert } from '@cdktf/provider-azurerm/lib/monitor-metric-alert';
 * import { ServerlessModel } from 'modelship/azure';
 *
 * const endpoint = new ServerlessModel(stack, 'Iris', { model, location: 'westeurope' });
 * const { name, namespace, filter, aggregation, resourceId } = endpoint.metricErrors();
 * new MonitorMetricAlert(stack, 'Failures', {
 *   name: 'iris-fails',
 *   resourceGroupName: 'models',
 *   scopes: [resourceId],
 *   criteria: [
 *     { metricName: name, metricNamespace: namespace, dimension: filter, aggregation, operator: 'GreaterThan', threshold: 1 },
 *   ],
 * });
 * ```
 */
export interface AzureMetric extends EndpointMetric<AzureMetricFilter[]> {
  /** Aggregation that suits the metric. */
  readonly aggregation: 'Average' | 'Maximum' | 'Total';
  /** Id of the resource that reports the metric, the scope of an alert rule. */
  readonly resourceId: string;
}

/**
 * Metric in the Azure Monitor workspace of an AKS cluster, for rules in PromQL. `filter` is a label selector, so that
 * `NAME` followed by `FILTER` selects the time series.
 */
export interface PrometheusMetric extends EndpointMetric<string> {
  /** Id of the Azure Monitor workspace, the scope of a rule group. */
  readonly workspaceId: string;
}
