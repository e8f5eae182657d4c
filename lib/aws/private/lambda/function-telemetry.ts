import { Duration, Token } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import {
  Alarm,
  type AlarmProps,
  Dashboard,
  GraphWidget,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { REST_API } from './limits.js';

export interface FunctionTelemetryProps {
  readonly handler: IFunction;
  readonly api: RestApi;
  readonly timeoutSeconds: number;
  readonly dashboard: boolean;
  readonly alarmActions: readonly IAlarmAction[];
}

const ERROR_PERCENT = 5;
/** Share of the time limit beyond which callers are about to be given up. */
const LATENCY_SHARE = 0.8;
const period = Duration.minutes(1);

/** The alarms and the dashboard of a function behind an API. */
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
    const { api, handler } = props;
    // No arithmetic is done on a token.
    const timeoutSeconds = Token.isUnresolved(props.timeoutSeconds)
      ? REST_API.timeoutSeconds.max
      : props.timeoutSeconds;
    this.errorAlarm = this.alarm('Errors', {
      metric: new MathExpression({
        expression: 'IF(requests > 0, 100 * FILL(failed, 0) / requests, 0)',
        usingMetrics: { failed: api.metricServerError({ period }), requests: api.metricCount({ period }) },
        label: 'Errors, percent',
        period,
      }),
      threshold: ERROR_PERCENT,
      alarmDescription: `More than ${ERROR_PERCENT} % of the requests failed for three minutes.`,
    });
    this.latencyAlarm = this.alarm('Latency', {
      metric: api.metricLatency({ statistic: 'p99', period }),
      // In milliseconds.
      threshold: timeoutSeconds * LATENCY_SHARE * 1000,
      alarmDescription: `One request in a hundred took longer than ${LATENCY_SHARE * 100} % of the time limit of ${timeoutSeconds} s.`,
    });
    this.saturationAlarm = this.alarm('Saturation', {
      metric: handler.metricThrottles({ period }),
      threshold: 1,
      alarmDescription: 'Lambda refused requests for three minutes; allow more replicas, or ask for a higher quota.',
    });
    if (props.dashboard) this.dashboard = this.makeDashboard();
  }

  private alarm(id: string, props: Pick<AlarmProps, 'metric' | 'threshold' | 'alarmDescription'>): Alarm {
    const alarm = new Alarm(this, id, {
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
    });
    alarm.addAlarmAction(...this.props.alarmActions);
    return alarm;
  }

  private makeDashboard(): Dashboard {
    const { api, handler } = this.props;
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12 });
    const percentiles = ['p50', 'p90', 'p99'];
    return new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          graph('Requests and failures', [
            api.metricCount({ period }),
            api.metricClientError({ period }),
            api.metricServerError({ period }),
          ]),
          graph(
            'Latency, milliseconds',
            percentiles.map((statistic) => api.metricLatency({ statistic, label: statistic, period })),
          ),
        ],
        [
          graph('Environments, and requests refused for want of them', [
            handler.metric('ConcurrentExecutions', { statistic: 'Maximum', period }),
            handler.metricThrottles({ period }),
          ]),
          graph(
            'Time in the function, milliseconds',
            percentiles.map((statistic) => handler.metricDuration({ statistic, label: statistic, period })),
          ),
        ],
      ],
    });
  }
}
