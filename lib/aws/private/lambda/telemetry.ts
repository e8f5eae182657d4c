import { type Alarm, Dashboard, type IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { AlarmThresholds } from '../../../serving/alarms.js';
import { graph } from '../shared/graph.js';
import { errorPercent, PERIOD as period, ServiceAlarms } from '../shared/service-alarms.js';
import type { AnsweringFront } from './front.js';

export interface FunctionTelemetryProps {
  readonly handler: IFunction;
  readonly front: AnsweringFront;
  readonly thresholds: AlarmThresholds;
  readonly dashboard: boolean;
  readonly alarmActions: readonly IAlarmAction[];
}

/** Alarms and dashboard of a function behind a front. */
export class FunctionTelemetry extends Construct {
  readonly errorAlarm: Alarm;
  readonly latencyAlarm: Alarm;
  readonly saturationAlarm: Alarm;
  readonly dashboard?: Dashboard;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: FunctionTelemetryProps,
  ) {
    super(scope, id);
    const { front, handler, thresholds } = props;
    const alarms = new ServiceAlarms(this, props.alarmActions, thresholds);
    this.errorAlarm = alarms.errors(errorPercent([front.metricErrors({ period })], front.metricRequests({ period })));
    this.latencyAlarm = alarms.latency(front.metricLatency({ statistic: 'p99', period }), 1000);
    this.saturationAlarm = alarms.saturation({
      metric: handler.metricThrottles({ period }),
      threshold: 1,
      alarmDescription: `Lambda throttled requests for ${thresholds.minutes} minutes; raise maxReplicas or the account's concurrency quota.`,
    });
    if (props.dashboard) this.dashboard = this.makeDashboard();
  }

  private makeDashboard(): Dashboard {
    const { front, handler } = this.props;
    const percentiles = ['p50', 'p90', 'p99'];
    return new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          graph('Requests and failures', [
            front.metricRequests({ period }),
            front.metricClientError({ period }),
            front.metricErrors({ period }),
          ]),
          graph(
            'Latency, milliseconds',
            percentiles.map((statistic) => front.metricLatency({ statistic, label: statistic, period })),
          ),
        ],
        [
          graph('Execution environments, and requests throttled without one', [
            handler.metric('ConcurrentExecutions', { statistic: 'Maximum', period }),
            handler.metricThrottles({ period }),
          ]),
          graph(
            'Duration of the function, milliseconds',
            percentiles.map((statistic) => handler.metricDuration({ statistic, label: statistic, period })),
          ),
        ],
      ],
    });
  }
}
