import {
  type Alarm,
  type AlarmProps,
  Dashboard,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  type Metric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AlarmThresholds } from '../../../serving/alarms.js';
import type { EndpointMode } from '../../mode.js';
import { graph } from '../shared/graph.js';
import { PERIOD, ServiceAlarms } from '../shared/service-alarms.js';
import type { EndpointMetrics } from './endpoint-metrics.js';

export interface EndpointTelemetryProps {
  /** Metrics of each production variant, or of the inference component. The first are those of the main variant. */
  readonly metrics: readonly [EndpointMetrics, ...EndpointMetrics[]];
  /** Metrics of a shadow, shown without alarms: callers do not see its responses. */
  readonly shadow?: EndpointMetrics;
  readonly mode: EndpointMode;
  readonly thresholds: AlarmThresholds;
  readonly dashboard: boolean;
  readonly alarmActions: readonly IAlarmAction[];
}

/** Minutes a request may wait in an asynchronous endpoint's queue: twice the time an instance takes to start. */
const QUEUE_MINUTES = 20;

/** Alarms and dashboard of an endpoint. Each alarm watches the variant with the worst value. */
export class EndpointTelemetry extends Construct {
  readonly errorAlarm: Alarm;
  readonly latencyAlarm: Alarm;
  readonly saturationAlarm: Alarm;
  readonly dashboard?: Dashboard;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: EndpointTelemetryProps,
  ) {
    super(scope, id);
    const { metrics, thresholds } = props;
    const alarms = new ServiceAlarms(this, props.alarmActions, thresholds);
    const errors = metrics.map((each) => each.errorShare());
    this.errorAlarm = alarms.errors(highest(errors, 'Errors, percent', 100));
    const latency = metrics.map((each) => each.metric('ModelLatency', { statistic: 'p99' }));
    this.latencyAlarm = alarms.latency(highest(latency, 'Latency, microseconds'), 1e6);
    this.saturationAlarm = alarms.saturation(this.saturation());
    if (props.dashboard) this.dashboard = this.makeDashboard();
  }

  private saturation(): Pick<AlarmProps, 'metric' | 'threshold' | 'alarmDescription'> {
    const { metrics, mode, thresholds } = this.props;
    if (mode.kind === 'asynchronous') {
      return {
        metric: metrics[0].queueMetric('ApproximateAgeOfOldestRequest'),
        threshold: QUEUE_MINUTES * 60,
        alarmDescription: `A request was queued for more than ${QUEUE_MINUTES} minutes; raise maxReplicas.`,
      };
    }
    return {
      metric: this.load(),
      threshold: thresholds.saturationPercent,
      alarmDescription: `More than ${thresholds.saturationPercent} % of the capacity in use for ${thresholds.minutes} minutes; raise maxReplicas.`,
    };
  }

  /** Utilization in percent. */
  private load(): IMetric {
    const { metrics, mode } = this.props;
    if (mode.kind !== 'serverless') {
      const cpu = metrics.map((each) => each.instanceMetric('CPUUtilizationNormalized'));
      return highest(cpu, 'CPU, percent');
    }
    const executions = metrics.map((each) =>
      each.metric('ServerlessConcurrentExecutionsUtilization', { statistic: 'Maximum' }),
    );
    // SageMaker reports a share, 0 to 1.
    return highest(executions, 'Concurrent executions, percent', 100);
  }

  private makeDashboard(): Dashboard {
    const { metrics, shadow, mode } = this.props;
    const [own, ...others] = metrics;
    return new Dashboard(this, 'Dashboard', {
      widgets: [
        variantGraphs(own, ''),
        ...[...others, ...(shadow ? [shadow] : [])].map((each) => variantGraphs(each, `, ${each.variantName}`)),
        [
          graph('Load, percent', [this.load()]),
          mode.kind === 'asynchronous'
            ? graph('Waiting', [own.queueMetric('ApproximateBacklogSize')])
            : graph('Latency added by SageMaker, microseconds', [own.metric('OverheadLatency', { statistic: 'p99' })]),
        ],
      ],
    });
  }
}

function variantGraphs(metrics: EndpointMetrics, of: string) {
  const sum = (metricName: string) => metrics.metric(metricName, { statistic: 'Sum' });
  return [
    graph(`Requests and failures${of}`, [metrics.requests(), sum('Invocation4XXErrors'), sum('Invocation5XXErrors')]),
    graph(
      `Latency in the container, microseconds${of}`,
      ['p50', 'p90', 'p99'].map((statistic) => metrics.metric('ModelLatency', { statistic, label: statistic })),
    ),
  ];
}

/**
 * Highest value of a metric across the variants of an endpoint, multiplied by a factor. An endpoint has at most ten
 * variants, and an alarm accepts at most ten metrics:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
 */
function highest(metrics: readonly Metric[], label: string, factor = 1): IMetric {
  if (metrics.length === 1 && factor === 1) return metrics[0]!;
  const names = metrics.map((_, index) => `variant${index}`);
  // A variant without requests reports no values.
  const value = names.length === 1 ? names[0] : `MAX([${names.map((name) => `FILL(${name}, 0)`).join(', ')}])`;
  return new MathExpression({
    expression: factor === 1 ? `${value}` : `${factor} * ${value}`,
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [names[index], metric])),
    label,
    period: PERIOD,
  });
}
