import type { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric';
import type {
  MonitoringAlertPolicy,
  MonitoringAlertPolicyConditions,
} from '@cdktf/provider-google/lib/monitoring-alert-policy';
import type { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard';
import { DRIFT_LINE } from '@modelship/runtime/contract';
import { Construct } from 'constructs';
import { AlarmThresholds, type DriftAlarm, driftAlarms } from '../../../serving/alarms.js';
import { google } from '../../../terraform/bindings/google.js';
import type { GoogleMetric } from '../../metric.js';
import type { GoogleServingProps } from '../../props.js';
import { generatedName } from './names.js';

/** Time series and its aggregation. */
export interface Metric {
  readonly title: string;
  /** Filter in Cloud Monitoring's filter language. */
  readonly filter: string;
  readonly aligner: string;
  readonly reducer: string;
  /** Labels to group by, with one line for each value. @default - one line */
  readonly groupBy?: string[];
}

/**
 * Returns the public form of a metric.
 *
 * @param type metric type, such as `run.googleapis.com/request_count`
 */
export function googleMetric(type: string, unit: string, metric: Omit<Metric, 'title'>): GoogleMetric {
  const { filter, aligner, reducer } = metric;
  const slash = type.indexOf('/');
  return { name: type.slice(slash + 1), namespace: type.slice(0, slash), filter, unit, aligner, reducer };
}

/** Alert rule on one metric. */
export interface Alarm {
  /** Construct id of the alert policy. */
  readonly id: string;
  readonly metric: Metric;
  /** Denominator of the ratio that is compared with the threshold. @default - the metric itself is compared */
  readonly denominator?: Metric;
  /** Threshold that the value must exceed. */
  readonly threshold: number;
  /** Minutes that the value must stay above the threshold. */
  readonly minutes: number;
  /** Description of the symptom and the fix, included in notifications. */
  readonly documentation: string;
}

/** Alert rule on a PromQL query. */
export interface QueryAlarm extends Pick<Alarm, 'id' | 'threshold' | 'minutes' | 'documentation'> {
  readonly title: string;
  readonly query: string;
}

/** Options of {@link Telemetry}. */
export interface TelemetryOptions {
  /** Charts on the dashboard, in this order. */
  readonly metrics: readonly Metric[];
  readonly alarms: readonly Alarm[];
  /** Charts and alarms on metrics from Managed Service for Prometheus. @default - none */
  readonly queryAlarms?: readonly QueryAlarm[];
  /** Type of the monitored resource that writes the logs. */
  readonly resourceType: string;
  /** Alert rule on the number of logged errors a minute. @default - no alert */
  readonly errorLogAlarm?: Omit<Alarm, 'id' | 'metric' | 'denominator'>;
  /** Filter that selects the endpoint's logs, in Cloud Logging's filter language. */
  readonly logFilter: string;
}

const ALIGNMENT = '60s';
/** Maximum length of a name: https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics */
const METRIC_NAME_LENGTH = 100;

interface TelemetryProps {
  readonly props: GoogleServingProps;
  readonly options: TelemetryOptions;
}

/** Dashboard, alert policies and log-based metric of an endpoint. */
export class Telemetry extends Construct {
  /** Log-based metric that counts logged errors. */
  readonly errorLogs: LoggingMetric;
  /** Alert policies of the endpoint. */
  readonly alertPolicies: readonly MonitoringAlertPolicy[];
  /** Dashboard of the endpoint. Undefined if `dashboard` is false. */
  readonly dashboard?: MonitoringDashboard;

  constructor(scope: Construct, id: string, { props, options }: TelemetryProps) {
    super(scope, id);
    const name = generatedName(scope, METRIC_NAME_LENGTH);
    const errorLogsName = `${name}-errors`;
    this.errorLogs = new google.LoggingMetric(this, 'ErrorLogs', {
      project: props.project,
      name: errorLogsName,
      description: `Errors that ${scope.node.path} logged`,
      // The runtime logs `level`, which works on every host. Google's own services set `severity`.
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
    const logQuery = { id: 'Errors', title: logged.title, query: lines(errorLogsName, options.resourceType, 1) };
    const queryAlarms = [...queries, ...(onLogs ? [{ ...logQuery, ...onLogs }] : [])];
    this.alertPolicies = [
      ...options.alarms.map((alarm) => thresholdPolicy(this, scope, props, alarm)),
      ...queryAlarms.map((alarm) => alertPolicy(this, scope, props, alarm, alarm.title, queryCondition(alarm))),
      ...driftAlarms(props.alarms).map((alarm) => this.driftPolicy(scope, name, props, options, alarm)),
    ];
    if (props.dashboard ?? true) {
      this.dashboard = new google.MonitoringDashboard(this, 'Dashboard', {
        project: props.project,
        dashboardJson: JSON.stringify(dashboard(scope.node.path, [...options.metrics, logged], queries)),
      });
    }
  }

  /** Creates an alert policy on log lines about drift that are above the threshold. */
  private driftPolicy(
    scope: Construct,
    name: string,
    props: GoogleServingProps,
    { logFilter, resourceType }: TelemetryOptions,
    { id, title, field, threshold, description }: DriftAlarm,
  ): MonitoringAlertPolicy {
    const metricName = `${name}-${id.toLowerCase()}`;
    new google.LoggingMetric(this, `${id}Logs`, {
      project: props.project,
      name: metricName,
      description: `${title} of ${scope.node.path} above ${threshold}`,
      filter: `${logFilter} AND jsonPayload.message="${DRIFT_LINE.message}" AND jsonPayload.${field}>${threshold}`,
      metricDescriptor: { metricKind: 'DELTA', valueType: 'INT64', unit: '1' },
    });
    const { minutes } = new AlarmThresholds(props.alarms, 0);
    const condition = queryCondition({ query: lines(metricName, resourceType, 5), threshold: 0, minutes });
    return alertPolicy(this, scope, props, { id, documentation: description }, title, condition);
  }
}

/** Props that alert policies need. */
type AlertProps = Pick<GoogleServingProps, 'project' | 'alarmActions' | 'labels'>;

/**
 * Creates an alert policy on one metric.
 *
 * @param subject construct that the policy watches
 */
export function thresholdPolicy(
  scope: Construct,
  subject: Construct,
  props: AlertProps,
  alarm: Alarm,
): MonitoringAlertPolicy {
  return alertPolicy(scope, subject, props, alarm, alarm.metric.title, thresholdCondition(alarm));
}

function alertPolicy(
  scope: Construct,
  subject: Construct,
  props: AlertProps,
  { id, documentation }: Pick<Alarm, 'id' | 'documentation'>,
  title: string,
  condition: Omit<MonitoringAlertPolicyConditions, 'displayName'>,
): MonitoringAlertPolicy {
  return new google.MonitoringAlertPolicy(scope, id, {
    project: props.project,
    displayName: `${subject.node.path}: ${title}`,
    combiner: 'OR',
    notificationChannels: props.alarmActions,
    userLabels: props.labels,
    documentation: { content: documentation, mimeType: 'text/markdown' },
    conditions: [{ displayName: title, ...condition }],
  });
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
 * Returns a PromQL query for the log entries that a log-based metric counts in some minutes. Cloud Monitoring would reject
 * a filter until it knows the metric, which the same apply creates:
 * https://cloud.google.com/monitoring/promql/promql-mapping
 */
function lines(metricName: string, resourceType: string, minutes: number): string {
  const name = metricName.replace(/[^a-zA-Z0-9_]/g, '_');
  return `sum(increase(logging_googleapis_com:user_${name}{monitored_resource="${resourceType}"}[${minutes}m]))`;
}

function queryCondition({ query, threshold, minutes }: Pick<QueryAlarm, 'query' | 'threshold' | 'minutes'>) {
  return {
    conditionPrometheusQueryLanguage: {
      query: `${query} > ${threshold}`,
      duration: `${minutes * 60}s`,
      evaluationInterval: ALIGNMENT,
      // The metrics have no data yet when the policy is created.
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

/** Creates the dashboard with two charts in each row of a twelve-column mosaic. */
function dashboard(displayName: string, metrics: readonly Metric[], queries: readonly QueryAlarm[]) {
  const charts = [
    ...metrics.map((metric) => ({
      title: metric.title,
      timeSeriesQuery: { timeSeriesFilter: { filter: metric.filter, aggregation: aggregation(metric) } },
    })),
    ...queries.map(({ title, query }) => ({ title, timeSeriesQuery: { prometheusQuery: query } })),
  ];
  const tiles = charts.map(({ title, timeSeriesQuery }, index) => ({
    // Cloud Monitoring omits zeros from its responses, so a zero here would be a change in every plan.
    ...(index % 2 === 1 ? { xPos: 6 } : {}),
    ...(index > 1 ? { yPos: Math.floor(index / 2) * 4 } : {}),
    width: 6,
    height: 4,
    widget: { title, xyChart: { dataSets: [{ plotType: 'LINE', timeSeriesQuery }] } },
  }));
  return { displayName, mosaicLayout: { columns: 12, tiles } };
}
