import type { ApplicationInsights } from '@cdktf/provider-azurerm/lib/application-insights';
import type { ApplicationInsightsWorkbook } from '@cdktf/provider-azurerm/lib/application-insights-workbook';
import type { LogAnalyticsWorkspace } from '@cdktf/provider-azurerm/lib/log-analytics-workspace';
import type { MonitorMetricAlert } from '@cdktf/provider-azurerm/lib/monitor-metric-alert';
import type { MonitorScheduledQueryRulesAlertV2 } from '@cdktf/provider-azurerm/lib/monitor-scheduled-query-rules-alert-v2';
import { DRIFT_LINE } from '@modelship/runtime/contract';
import { Construct } from 'constructs';
import { type AlarmThresholds, type DriftAlarm, driftAlarms } from '../../../serving/alarms.js';
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
  /** Where the workspace keeps the lines that the server logs. */
  readonly lines: LoggedLines;
}

/** Table and column of Log Analytics: https://learn.microsoft.com/azure/azure-monitor/reference/tables-index */
export interface LoggedLines {
  readonly table: string;
  readonly column: string;
}

/** Lines of apps and jobs in an environment of Container Apps. */
export const CONTAINER_APP_LINES: LoggedLines = { table: 'ContainerAppConsoleLogs', column: 'Log' };

/**
 * Window sizes of a metric alert in minutes:
 * https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-metric-alert-rule
 */
const WINDOWS = [1, 5, 15, 30, 60];

/** Minutes between evaluations of a query. More often costs more. */
const LOG_MINUTES = 5;

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
  /** Alerts on drift and estimated accuracy, with a threshold in `alarms`. */
  readonly driftAlerts: MonitorScheduledQueryRulesAlertV2[] = [];
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
    this.driftAlerts.push(...driftAlarms(this.props.alarms).map((alarm) => this.driftAlert(watched, alarm)));
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

  /** Creates an alert on log lines about drift that are above the threshold. The workspace has the lines of this endpoint alone. */
  private driftAlert(
    { lines: { table, column } }: Watched,
    { id, field, threshold, description }: DriftAlarm,
  ): MonitorScheduledQueryRulesAlertV2 {
    const { alarmActions = [] } = this.props;
    const windowDuration = `PT${WINDOWS.find((minutes) => minutes >= Math.max(this.thresholds.minutes, LOG_MINUTES))}M`;
    return new azurerm.MonitorScheduledQueryRulesAlertV2(this, id, {
      ...this.placement.common,
      name: `${groupName(this, NAME_LENGTH)}-${id.toLowerCase()}`,
      scopes: [this.logs.id],
      description,
      severity: 2,
      evaluationFrequency: `PT${LOG_MINUTES}M`,
      windowDuration,
      autoMitigationEnabled: true,
      // The table has no rows yet when the alert is created.
      skipQueryValidation: true,
      criteria: [
        {
          query:
            `${table} | extend line = parse_json(tostring(${column})) ` +
            `| where tostring(line.message) == "${DRIFT_LINE.message}" and todouble(line.${field}) > ${threshold}`,
          timeAggregationMethod: 'Count',
          operator: 'GreaterThan',
          threshold: 0,
        },
      ],
      ...(alarmActions.length > 0 && { action: { actionGroups: [...alarmActions] } }),
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
