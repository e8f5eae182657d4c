import { Duration } from 'aws-cdk-lib';
import { type Alarm, Dashboard, type IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { AlarmThresholds } from '../../../serving/alarms.js';
import { graph } from '../shared/graph.js';
import { PERIOD as period, ServiceAlarms } from '../shared/service-alarms.js';
import type { QueueFront } from './queue-front.js';

export interface QueueTelemetryProps {
  readonly handler: IFunction;
  readonly front: QueueFront;
  readonly dashboard: boolean;
  readonly alarmActions: readonly IAlarmAction[];
  readonly thresholds: AlarmThresholds;
}

/** Age of the oldest request above which the latency alarm fires. */
const PATIENCE = Duration.minutes(15);

/** Alarms and dashboard of a function that processes a queue. */
export class QueueTelemetry extends Construct {
  /** Alarm on requests in the dead-letter queue, until the queue is empty. */
  readonly errorAlarm: Alarm;
  /** Alarm on requests that wait too long. */
  readonly latencyAlarm: Alarm;
  readonly saturationAlarm: Alarm;
  readonly dashboard?: Dashboard;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: QueueTelemetryProps,
  ) {
    super(scope, id);
    const { handler, front, alarmActions, thresholds } = props;
    const alarms = new ServiceAlarms(this, alarmActions, thresholds);
    this.errorAlarm = alarms.add('Errors', {
      metric: front.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period }),
      threshold: 1,
      evaluationPeriods: 1,
      alarmDescription: 'Requests are in the dead-letter queue: they failed as often as they may be retried.',
    });
    this.latencyAlarm = alarms.add('Latency', {
      metric: front.queue.metricApproximateAgeOfOldestMessage({ period }),
      threshold: PATIENCE.toSeconds(),
      alarmDescription: `A request was queued for more than ${PATIENCE.toMinutes()} minutes.`,
    });
    this.saturationAlarm = alarms.saturation({
      metric: handler.metricThrottles({ period }),
      threshold: 1,
      alarmDescription: `Lambda throttled invocations for ${thresholds.minutes} minutes; lower maxReplicas or raise the account's concurrency quota.`,
    });
    if (props.dashboard) this.dashboard = this.makeDashboard();
  }

  private makeDashboard(): Dashboard {
    const { handler, front } = this.props;
    return new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          graph('Requests sent and answered', [
            front.queue.metricNumberOfMessagesSent({ period }),
            front.queue.metricNumberOfMessagesDeleted({ period }),
          ]),
          graph('Queued requests and dead letters', [
            front.queue.metricApproximateNumberOfMessagesVisible({ period }),
            front.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period }),
          ]),
        ],
        [
          graph('Age of the oldest request, seconds', [front.queue.metricApproximateAgeOfOldestMessage({ period })]),
          graph(
            'Duration of the function, milliseconds',
            ['p50', 'p90', 'p99'].map((statistic) => handler.metricDuration({ statistic, label: statistic, period })),
          ),
        ],
      ],
    });
  }
}
