import { Duration } from 'aws-cdk-lib';
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
import type { BaseService } from 'aws-cdk-lib/aws-ecs';
import { type ApplicationLoadBalancer, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';

const ERROR_PERCENT = 5;
/** Share of the time limit beyond which callers are about to be given up. */
const LATENCY_SHARE = 0.8;
const SATURATED_PERCENT = 90;
const period = Duration.minutes(1);

/** The alarms that a deployment watches. They know the load balancer only, so that the service can name them. */
export class TrafficAlarms extends Construct {
  readonly errors: Alarm;
  readonly latency: Alarm;

  constructor(
    scope: Construct,
    id: string,
    readonly loadBalancer: ApplicationLoadBalancer,
    timeoutSeconds: number,
    private readonly actions: readonly IAlarmAction[],
  ) {
    super(scope, id);
    const { metrics } = loadBalancer;
    this.errors = this.alarm('Errors', {
      metric: new MathExpression({
        expression: 'IF(requests > 0, 100 * (FILL(failed, 0) + FILL(refused, 0)) / requests, 0)',
        usingMetrics: {
          failed: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
          refused: metrics.targetConnectionErrorCount({ period }),
          requests: metrics.requestCount({ period }),
        },
        label: 'Errors, percent',
        period,
      }),
      threshold: ERROR_PERCENT,
      alarmDescription: `More than ${ERROR_PERCENT} % of the requests failed for three minutes.`,
    });
    this.latency = this.alarm('Latency', {
      metric: metrics.targetResponseTime({ statistic: 'p99', period }),
      threshold: timeoutSeconds * LATENCY_SHARE,
      alarmDescription: `One request in a hundred took longer than ${LATENCY_SHARE * 100} % of the time limit of ${timeoutSeconds} s.`,
    });
  }

  /** An alarm after three minutes, or none while there is nothing to measure. */
  alarm(id: string, props: Pick<AlarmProps, 'metric' | 'threshold' | 'alarmDescription'>): Alarm {
    const alarm = new Alarm(this, id, {
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
    });
    alarm.addAlarmAction(...this.actions);
    return alarm;
  }
}

/** The alarm on saturation and the dashboard. */
export class ServiceTelemetry extends Construct {
  readonly saturationAlarm: Alarm;
  readonly dashboard?: Dashboard;

  constructor(scope: Construct, id: string, service: BaseService, alarms: TrafficAlarms, dashboard: boolean) {
    super(scope, id);
    const cpu = service.metricCpuUtilization({ period });
    const memory = service.metricMemoryUtilization({ period });
    this.saturationAlarm = alarms.alarm('Saturation', {
      metric: cpu,
      threshold: SATURATED_PERCENT,
      alarmDescription: `More than ${SATURATED_PERCENT} % of the CPU was busy for three minutes; allow more replicas.`,
    });
    if (!dashboard) return;
    const { metrics } = alarms.loadBalancer;
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12 });
    this.dashboard = new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          graph('Requests and failures', [
            metrics.requestCount({ period }),
            metrics.httpCodeTarget(HttpCodeTarget.TARGET_4XX_COUNT, { period }),
            metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
          ]),
          graph(
            'Latency, seconds',
            ['p50', 'p90', 'p99'].map((statistic) =>
              metrics.targetResponseTime({ statistic, label: statistic, period }),
            ),
          ),
        ],
        [graph('Load, percent', [cpu, memory])],
      ],
    });
  }
}
