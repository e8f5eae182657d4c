import { type Alarm, type AlarmProps, Dashboard, type IAlarmAction, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { EndpointMode } from '../../endpoint-mode.js';
import { graph } from '../graph.js';
import { SATURATED_PERCENT, ServiceAlarms } from '../service-alarms.js';
import type { EndpointMetrics } from './endpoint-metrics.js';

export interface EndpointTelemetryProps {
  readonly metrics: EndpointMetrics;
  readonly mode: EndpointMode;
  readonly timeoutSeconds: number;
  readonly dashboard: boolean;
  readonly alarmActions: readonly IAlarmAction[];
}

/** Minutes a request may wait in the queue of an asynchronous endpoint: the start of an instance, twice. */
const QUEUE_MINUTES = 20;

/** The alarms and the dashboard of an endpoint. */
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
    const { metrics, timeoutSeconds } = props;
    const alarms = new ServiceAlarms(this, props.alarmActions);
    this.errorAlarm = alarms.errors(metrics.errorPercent());
    this.latencyAlarm = alarms.latency(metrics.metric('ModelLatency', { statistic: 'p99' }), timeoutSeconds, 1e6);
    this.saturationAlarm = alarms.saturation(this.saturation());
    if (props.dashboard) this.dashboard = this.makeDashboard();
  }

  private saturation(): Pick<AlarmProps, 'metric' | 'threshold' | 'alarmDescription'> {
    const { metrics, mode } = this.props;
    if (mode.kind === 'asynchronous') {
      return {
        metric: metrics.queueMetric('ApproximateAgeOfOldestRequest'),
        threshold: QUEUE_MINUTES * 60,
        alarmDescription: `A request has waited for more than ${QUEUE_MINUTES} minutes; allow more replicas.`,
      };
    }
    return {
      metric: this.load(),
      threshold: SATURATED_PERCENT,
      alarmDescription: `More than ${SATURATED_PERCENT} % of what may run was busy for three minutes; allow more replicas.`,
    };
  }

  /** In percent. */
  private load(): IMetric {
    const { metrics, mode } = this.props;
    if (mode.kind !== 'serverless') return metrics.instanceMetric('CPUUtilizationNormalized');
    return metrics.metric('ServerlessConcurrentExecutionsUtilization', { statistic: 'Maximum' });
  }

  private makeDashboard(): Dashboard {
    const { metrics, mode } = this.props;
    const percentile = (statistic: string) => metrics.metric('ModelLatency', { statistic, label: statistic });
    return new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          graph('Requests and failures', [
            metrics.metric('Invocations', { statistic: 'Sum' }),
            metrics.metric('Invocation4XXErrors', { statistic: 'Sum' }),
            metrics.metric('Invocation5XXErrors', { statistic: 'Sum' }),
          ]),
          graph('Latency in the container, microseconds', ['p50', 'p90', 'p99'].map(percentile)),
        ],
        [
          graph('Load, percent', [this.load()]),
          mode.kind === 'asynchronous'
            ? graph('Waiting', [metrics.queueMetric('ApproximateBacklogSize')])
            : graph('Latency added by SageMaker, microseconds', [
                metrics.metric('OverheadLatency', { statistic: 'p99' }),
              ]),
        ],
      ],
    });
  }
}
