import type { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric';
import type {
  MonitoringAlertPolicy,
  MonitoringAlertPolicyConditions,
} from '@cdktf/provider-google/lib/monitoring-alert-policy';
import type { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard';
import { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import type { GoogleServingProps } from '../../props.js';
import { generatedName } from './names.js';

/** A time series, and how its points become one line. */
export interface Metric {
  readonly title: string;
  /** In Cloud Monitoring's filter language. */
  readonly filter: string;
  readonly aligner: string;
  readonly reducer: string;
  /** Labels that get a line each. @default - one line */
  readonly groupBy?: string[];
}

/** When a metric wakes somebody. */
export interface Alarm {
  /** Names the alert policy in the tree. */
  readonly id: string;
  readonly metric: Metric;
  /** With it, the share of it that `metric` is gets compared. @default - the metric itself is */
  readonly denominator?: Metric;
  /** The alarm is raised above it. */
  readonly threshold: number;
  /** For how long it must be above. */
  readonly minutes: number;
  /** What it means and what to do, for whoever is woken. */
  readonly documentation: string;
}

/** When the answer to a question in PromQL wakes somebody. */
export interface QueryAlarm extends Pick<Alarm, 'id' | 'threshold' | 'minutes' | 'documentation'> {
  readonly title: string;
  readonly query: string;
}

/** What is watched of an endpoint. */
export interface TelemetryOptions {
  /** Lines on the dashboard, in this order. */
  readonly metrics: readonly Metric[];
  readonly alarms: readonly Alarm[];
  /** Lines and alarms of what Managed Service for Prometheus gathers. @default - none */
  readonly queryAlarms?: readonly QueryAlarm[];
  /** The monitored resource that the logs are of. */
  readonly resourceType: string;
  /** When logged errors, counted each minute, wake somebody. @default - never */
  readonly errorLogAlarm?: Omit<Alarm, 'id' | 'metric' | 'denominator'>;
  /** Finds the endpoint's logs, in Cloud Logging's filter language. */
  readonly logFilter: string;
}

const ALIGNMENT = '60s';
/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics */
const METRIC_NAME_LENGTH = 100;

/** The dashboard, the alert policies and the log-based metric of an endpoint. */
export class Telemetry extends Construct {
  readonly errorLogs: LoggingMetric;
  readonly alertPolicies: readonly MonitoringAlertPolicy[];
  /** Unset if `dashboard` is false. */
  readonly dashboard?: MonitoringDashboard;

  constructor(scope: Construct, id: string, props: GoogleServingProps, options: TelemetryOptions) {
    super(scope, id);
    const name = generatedName(scope, METRIC_NAME_LENGTH);
    const errorLogsName = `${name}-errors`;
    this.errorLogs = new google.LoggingMetric(this, 'ErrorLogs', {
      project: props.project,
      name: errorLogsName,
      description: `Errors that ${scope.node.path} logged`,
      // The runtime names the level as every host can read it; Cloud Logging has a word of its own for its services'.
      filter: `${options.logFilter} AND (severity>=ERROR OR jsonPayload.level="error")`,
      metricDescriptor: { metricKind: 'DELTA', valueType: 'INT64', unit: '1' },
    });
    const logged: Metric = {
      title: 'Errors logged',
      filter: `resource.type="${options.resourceType}" AND metric.type="logging.googleapis.com/user/${this.errorLogs.name}"`,
      aligner: 'ALIGN_DELTA',
      reducer: 'REDUCE_SUM',
    };
    const queries = options.queryAlarms ?? [];
    const onLogs = options.errorLogAlarm;
    const logQuery = { id: 'Errors', title: logged.title, query: perMinute(errorLogsName, options.resourceType) };
    const queryAlarms = [...queries, ...(onLogs ? [{ ...logQuery, ...onLogs }] : [])];
    this.alertPolicies = [
      ...options.alarms.map((alarm) =>
        this.alertPolicy(scope, props, alarm, alarm.metric.title, thresholdCondition(alarm)),
      ),
      ...queryAlarms.map((alarm) => this.alertPolicy(scope, props, alarm, alarm.title, queryCondition(alarm))),
    ];
    if (props.dashboard ?? true) {
      this.dashboard = new google.MonitoringDashboard(this, 'Dashboard', {
        project: props.project,
        dashboardJson: JSON.stringify(dashboard(scope.node.path, [...options.metrics, logged], queries)),
      });
    }
  }

  private alertPolicy(
    scope: Construct,
    props: GoogleServingProps,
    { id, documentation }: Pick<Alarm, 'id' | 'documentation'>,
    title: string,
    condition: Omit<MonitoringAlertPolicyConditions, 'displayName'>,
  ): MonitoringAlertPolicy {
    return new google.MonitoringAlertPolicy(this, id, {
      project: props.project,
      displayName: `${scope.node.path}: ${title}`,
      combiner: 'OR',
      notificationChannels: props.alarmActions,
      userLabels: props.labels,
      documentation: { content: documentation, mimeType: 'text/markdown' },
      conditions: [{ displayName: title, ...condition }],
    });
  }
}

function thresholdCondition({ metric, denominator, threshold, minutes }: Alarm) {
  return {
    conditionThreshold: {
      filter: metric.filter,
      aggregations: [aggregation(metric)],
      ...(denominator
        ? { denominatorFilter: denominator.filter, denominatorAggregations: [aggregation(denominator)] }
        : {}),
      comparison: 'COMPARISON_GT',
      thresholdValue: threshold,
      duration: `${minutes * 60}s`,
      trigger: { count: 1 },
    },
  };
}

/**
 * PromQL for the lines that a log-based metric counts in a minute. A filter of Cloud Monitoring would be refused until the
 * metric, which the same apply creates, is known there: https://cloud.google.com/monitoring/promql/promql-mapping
 */
function perMinute(metricName: string, resourceType: string): string {
  const name = metricName.replace(/[^a-zA-Z0-9_]/g, '_');
  return `sum(increase(logging_googleapis_com:user_${name}{monitored_resource="${resourceType}"}[1m]))`;
}

function queryCondition({ query, threshold, minutes }: QueryAlarm) {
  return {
    conditionPrometheusQueryLanguage: {
      query: `${query} > ${threshold}`,
      duration: `${minutes * 60}s`,
      evaluationInterval: ALIGNMENT,
      // Nothing has been gathered when the policy is made.
      disableMetricValidation: true,
    },
  };
}

function aggregation({ aligner, reducer, groupBy }: Metric) {
  return {
    alignmentPeriod: ALIGNMENT,
    perSeriesAligner: aligner,
    crossSeriesReducer: reducer,
    ...(groupBy ? { groupByFields: groupBy } : {}),
  };
}

/** Two charts a row, on the twelve columns of a mosaic. */
function dashboard(displayName: string, metrics: readonly Metric[], queries: readonly QueryAlarm[]) {
  const charts = [
    ...metrics.map((metric) => ({
      title: metric.title,
      timeSeriesQuery: { timeSeriesFilter: { filter: metric.filter, aggregation: aggregation(metric) } },
    })),
    ...queries.map(({ title, query }) => ({ title, timeSeriesQuery: { prometheusQuery: query } })),
  ];
  const tiles = charts.map(({ title, timeSeriesQuery }, index) => ({
    xPos: (index % 2) * 6,
    yPos: Math.floor(index / 2) * 4,
    width: 6,
    height: 4,
    widget: { title, xyChart: { dataSets: [{ plotType: 'LINE', timeSeriesQuery }] } },
  }));
  return { displayName, mosaicLayout: { columns: 12, tiles } };
}
