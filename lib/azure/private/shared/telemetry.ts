import type { ApplicationInsights } from '@cdktf/provider-azurerm/lib/application-insights';
import type { ApplicationInsightsWorkbook } from '@cdktf/provider-azurerm/lib/application-insights-workbook';
import type { LogAnalyticsWorkspace } from '@cdktf/provider-azurerm/lib/log-analytics-workspace';
import type { MonitorMetricAlert } from '@cdktf/provider-azurerm/lib/monitor-metric-alert';
import { Construct } from 'constructs';
import type { AlarmThresholds } from '../../../serving/alarms.js';
import { DEFAULT_LOG_RETENTION_DAYS } from '../../../serving/defaults.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { prefixedPath } from '../../../terraform/names.js';
import type { AzureMetric, AzureMetricFilter } from '../../metric.js';
import type { AzureServingProps } from '../../props.js';
import { groupName, stableUuid } from './names.js';
import type { Placement } from './placement.js';

const NAME_LENGTH = 63;

/** Metric of Azure Monitor. */
export interface Metric {
  readonly title: string;
  /** Metric namespace, such as `Microsoft.Web/sites`. */
  readonly namespace: string;
  readonly name: string;
  readonly aggregation: 'Average' | 'Maximum' | 'Total';
  /** Filter by a dimension, which must have one of the values. @default - no filter */
  readonly only?: { readonly dimension: string; readonly values: string[] };
}

/** Metric of the requests, which a construct makes public. */
export interface RequestMetric extends Metric {
  /** Unit of the values, as in `EndpointMetric`. */
  readonly unit: string;
}

/** Metrics that a resource reports about its requests. */
export interface RequestMetrics {
  readonly requests: RequestMetric;
  readonly errors: RequestMetric;
  readonly latency: RequestMetric;
}

/** Alert rule on one metric. */
export interface Alarm {
  /** Construct id of the alert. */
  readonly id: string;
  readonly metric: Metric;
  /** Threshold above which the alert fires. */
  readonly threshold: number;
  /** Symptom and remedy, for the engineer on call. */
  readonly description: string;
}

/** Monitored resource with its metrics and alerts. */
export interface Watched {
  readonly resourceId: string;
  /** Resource type in lower case, for the workbook. */
  readonly resourceType: string;
  readonly metrics: readonly Metric[];
  /** Metrics of the requests. @default - the resource does not report on requests */
  readonly requestMetrics?: RequestMetrics;
  readonly alarms: readonly Alarm[];
}

/**
 * Window sizes of a metric alert in minutes:
 * https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-metric-alert-rule
 */
const WINDOWS = [1, 5, 15, 30, 60];

/** Numeric codes of aggregations in the workbook format. */
const AGGREGATION_CODES = { Total: 1, Maximum: 3, Average: 4 };

interface TelemetryProps {
  readonly placement: Placement;
  readonly props: AzureServingProps;
  /** Thresholds of the alerts. */
  readonly thresholds: AlarmThresholds;
}

/** Storage for an endpoint's logs and traces, with alerts and a workbook for its metrics. */
export class Telemetry extends Construct {
  readonly logs: LogAnalyticsWorkspace;
  readonly insights: ApplicationInsights;
  readonly alerts: MonitorMetricAlert[] = [];
  workbook?: ApplicationInsightsWorkbook;
  private watched?: Watched;

  private readonly placement: Placement;
  private readonly props: AzureServingProps;
  /** Thresholds of the alerts. */
  readonly thresholds: AlarmThresholds;

  constructor(scope: Construct, id: string, { placement, props, thresholds }: TelemetryProps) {
    super(scope, id);
    this.placement = placement;
    this.props = props;
    this.thresholds = thresholds;
    const name = groupName(scope, NAME_LENGTH);
    this.logs = new azurerm.LogAnalyticsWorkspace(this, 'Logs', {
      ...placement.common,
      name,
      sku: 'PerGB2018',
      retentionInDays: props.logRetentionDays ?? DEFAULT_LOG_RETENTION_DAYS,
    });
    this.insights = new azurerm.ApplicationInsights(this, 'Insights', {
      ...placement.common,
      name,
      applicationType: 'web',
      workspaceId: this.logs.id,
    });
  }

  /**
   * Creates the alerts and the workbook for an existing resource.
   *
   * @internal
   */
  watch(watched: Watched): void {
    this.watched = watched;
    this.alerts.push(...watched.alarms.map((alarm) => this.alert(watched, alarm)));
    if (this.props.dashboard ?? true) this.workbook = this.makeWorkbook(watched);
  }

  /**
   * Returns the public form of a metric of the requests to the watched resource, which must report on requests.
   *
   * @internal
   */
  requestMetric(figure: 'requests' | 'errors' | 'latency'): AzureMetric {
    const { resourceId, requestMetrics } = this.watched!;
    return azureMetric(requestMetrics![figure], resourceId);
  }

  private alert({ resourceId }: Watched, { id, metric, threshold, description }: Alarm): MonitorMetricAlert {
    return new azurerm.MonitorMetricAlert(this, id, {
      name: `${groupName(this, NAME_LENGTH)}-${id.toLowerCase()}`,
      resourceGroupName: this.placement.resourceGroup.name,
      tags: this.props.tags,
      scopes: [resourceId],
      description,
      severity: 2,
      frequency: 'PT1M',
      windowSize: `PT${WINDOWS.find((minutes) => minutes >= this.thresholds.minutes)}M`,
      criteria: [
        {
          metricNamespace: metric.namespace,
          metricName: metric.name,
          aggregation: metric.aggregation,
          operator: 'GreaterThan',
          threshold,
          ...(metric.only ? { dimension: [include(metric.only)] } : {}),
        },
      ],
      action: (this.props.alarmActions ?? []).map((actionGroupId) => ({ actionGroupId })),
    });
  }

  private makeWorkbook({ resourceId, resourceType, metrics }: Watched): ApplicationInsightsWorkbook {
    const items = metrics.map((metric, index) => ({
      type: 10,
      name: `metric-${index}`,
      customWidth: '50',
      content: {
        chartId: `chart-${index}`,
        version: 'MetricsItem/2.0',
        size: 0,
        chartType: 2,
        title: metric.title,
        resourceType,
        metricScope: 0,
        resourceIds: [resourceId],
        timeContext: { durationMs: 86_400_000 },
        metrics: [
          {
            namespace: metric.namespace.toLowerCase(),
            metric: `${metric.namespace.toLowerCase()}--${metric.name}`,
            aggregation: AGGREGATION_CODES[metric.aggregation],
          },
        ],
      },
    }));
    return new azurerm.ApplicationInsightsWorkbook(this, 'Workbook', {
      ...this.placement.common,
      name: stableUuid(prefixedPath(this)),
      displayName: this.node.scope!.node.path,
      category: 'workbook',
      dataJson: JSON.stringify({ version: 'Notebook/1.0', items }),
    });
  }
}

/** Returns the public form of a metric that a resource reports. */
export function azureMetric(metric: RequestMetric, resourceId: string): AzureMetric {
  const { name, namespace, aggregation, unit, only } = metric;
  return { name, namespace, filter: only ? [include(only)] : [], unit, aggregation, resourceId };
}

function include({ dimension, values }: NonNullable<Metric['only']>): AzureMetricFilter {
  return { name: dimension, operator: 'Include', values };
}
