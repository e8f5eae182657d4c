import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { PERIOD as period, ServiceAlarms } from '../service-alarms.js';
import type { QueueFront } from './queue-front.js';

export interface QueueTelemetryProps {
  readonly handler: IFunction;
  readonly front: QueueFront;
  readonly dashboard: boolean;
  readonly alarmActions: readonly IAlarmAction[];
}

/** How long a request may wait before somebody should look. */
const PATIENCE = Duration.minutes(15);

/** The alarms and the dashboard of a function that works off a queue. */
export class QueueTelemetry extends Construct {
  /** On requests that nobody could answer, until they are gone from the dead letters. */
  readonly errorAlarm: Alarm;
  /** On requests that wait for long. */
  readonly latencyAlarm: Alarm;
  readonly saturationAlarm: Alarm;
  readonly dashboard?: Dashboard;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: QueueTelemetryProps,
  ) {
    super(scope, id);
    const { handler, front, alarmActions } = props;
    this.errorAlarm = new Alarm(this, 'Errors', {
      metric: front.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: 'Requests lie in the dead letters: they failed as often as they may be tried.',
    });
    this.errorAlarm.addAlarmAction(...alarmActions);
    this.latencyAlarm = new Alarm(this, 'Latency', {
      metric: front.queue.metricApproximateAgeOfOldestMessage({ period }),
      threshold: PATIENCE.toSeconds(),
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `A request has waited for more than ${PATIENCE.toMinutes()} minutes.`,
    });
    this.latencyAlarm.addAlarmAction(...alarmActions);
    this.saturationAlarm = new ServiceAlarms(this, alarmActions).saturation({
      metric: handler.metricThrottles({ period }),
      threshold: 1,
      alarmDescription: 'Lambda refused calls for three minutes; allow fewer replicas, or ask for a higher quota.',
    });
    if (props.dashboard) this.dashboard = this.makeDashboard();
  }

  private makeDashboard(): Dashboard {
    const { handler, front } = this.props;
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12 });
    return new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          graph('Requests sent and answered', [
            front.queue.metricNumberOfMessagesSent({ period }),
            front.queue.metricNumberOfMessagesDeleted({ period }),
          ]),
          graph('Requests that wait, and dead letters', [
            front.queue.metricApproximateNumberOfMessagesVisible({ period }),
            front.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period }),
          ]),
        ],
        [
          graph('Age of the oldest request, seconds', [front.queue.metricApproximateAgeOfOldestMessage({ period })]),
          graph(
            'Time in the function, milliseconds',
            ['p50', 'p90', 'p99'].map((statistic) => handler.metricDuration({ statistic, label: statistic, period })),
          ),
        ],
      ],
    });
  }
}
