import { type Alarm, Dashboard, type IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { BaseService } from 'aws-cdk-lib/aws-ecs';
import { type ApplicationLoadBalancer, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { graph } from '../graph.js';
import { errorPercent, PERIOD as period, SATURATED_PERCENT, ServiceAlarms } from '../service-alarms.js';

/** The alarms that a deployment watches. They know the load balancer only, so that the service can name them. */
export class TrafficAlarms extends Construct {
  readonly errors: Alarm;
  readonly latency: Alarm;

  constructor(
    scope: Construct,
    id: string,
    readonly loadBalancer: ApplicationLoadBalancer,
    timeoutSeconds: number,
    actions: readonly IAlarmAction[],
  ) {
    super(scope, id);
    const { metrics } = loadBalancer;
    const alarms = new ServiceAlarms(this, actions);
    const failures = [
      metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
      metrics.targetConnectionErrorCount({ period }),
    ];
    this.errors = alarms.errors(errorPercent(failures, metrics.requestCount({ period })));
    this.latency = alarms.latency(metrics.targetResponseTime({ statistic: 'p99', period }), timeoutSeconds, 1);
  }
}

export interface ServiceTelemetryProps {
  readonly service: BaseService;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly dashboard: boolean;
  readonly alarmActions: readonly IAlarmAction[];
}

/** The alarm on saturation and the dashboard. */
export class ServiceTelemetry extends Construct {
  readonly saturationAlarm: Alarm;
  readonly dashboard?: Dashboard;

  constructor(scope: Construct, id: string, { service, loadBalancer, dashboard, alarmActions }: ServiceTelemetryProps) {
    super(scope, id);
    const cpu = service.metricCpuUtilization({ period });
    const memory = service.metricMemoryUtilization({ period });
    this.saturationAlarm = new ServiceAlarms(this, alarmActions).saturation({
      metric: cpu,
      threshold: SATURATED_PERCENT,
      alarmDescription: `More than ${SATURATED_PERCENT} % of the CPU was busy for three minutes; allow more replicas.`,
    });
    if (!dashboard) return;
    const { metrics } = loadBalancer;
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
