import { type Alarm, Dashboard, type IAlarmAction, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { BaseService } from 'aws-cdk-lib/aws-ecs';
import {
  type ApplicationLoadBalancer,
  type ApplicationTargetGroup,
  HttpCodeElb,
  HttpCodeTarget,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { AlarmThresholds } from '../../../serving/alarms.js';
import { graph } from '../shared/graph.js';
import { PERIOD as period, ServiceAlarms } from '../shared/service-alarms.js';
import type { LoadBalancer } from './load-balancer.js';

interface TrafficAlarmsProps {
  readonly loadBalancer: LoadBalancer;
  readonly thresholds: AlarmThresholds;
  readonly actions: readonly IAlarmAction[];
}

/**
 * Alarms that a deployment watches. They depend only on the load balancer and its targets, so that the service can
 * reference them.
 */
export class TrafficAlarms extends Construct {
  readonly errors: Alarm;
  readonly latency: Alarm;

  constructor(scope: Construct, id: string, { loadBalancer, thresholds, actions }: TrafficAlarmsProps) {
    super(scope, id);
    const alarms = new ServiceAlarms(this, actions, thresholds);
    this.errors = alarms.errors(failurePercent(loadBalancer));
    this.latency = alarms.latency(slowest(loadBalancer), 1);
  }
}

/** Target groups that report metrics per version; empty unless a deployment runs two versions at once. */
function versions({ targets, alternateTargets }: LoadBalancer): ApplicationTargetGroup[] {
  return alternateTargets ? [targets, alternateTargets] : [];
}

/**
 * Error rate in percent: that of all requests or that of one version, whichever is higher. A new version that gets 1 %
 * of the traffic and fails all of it would otherwise be masked by the old one.
 */
function failurePercent(loadBalancer: LoadBalancer): MathExpression {
  const { metrics } = loadBalancer.resource;
  const filled = (name: string) => `FILL(${name}, 0)`;
  const share = (failures: string, requests: string) => `IF(${requests} > 0, 100 * (${failures}) / ${requests}, 0)`;
  const usingMetrics: Record<string, IMetric> = {
    requests: metrics.requestCount({ period }),
    failed: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
    // 502 means that a task died during the request, 504 that it timed out, 503 that no task is available. The metric
    // is not reported per target group, and requests without an available task are missing in the request count.
    unanswered: metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period }),
  };
  const [requests, failed, unanswered] = Object.keys(usingMetrics).map(filled);
  const shares = [share(`${failed} + ${unanswered}`, `MAX([${requests}, ${unanswered}])`)];
  for (const [index, group] of versions(loadBalancer).entries()) {
    const ofGroup = {
      [`requests${index}`]: group.metrics.requestCount({ period }),
      [`failed${index}`]: group.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
      [`refused${index}`]: group.metrics.targetConnectionErrorCount({ period }),
    };
    const [all, failures, refusals] = Object.keys(ofGroup).map(filled);
    shares.push(share(`${failures} + ${refusals}`, all!));
    Object.assign(usingMetrics, ofGroup);
  }
  return new MathExpression({
    expression: shares.length > 1 ? `MAX([${shares.join(', ')}])` : shares[0]!,
    usingMetrics,
    label: 'Errors, percent',
    period,
  });
}

/** 99th percentile of the response time. If two versions run, it is that of the slower one. */
function slowest(loadBalancer: LoadBalancer): IMetric {
  const seconds = { statistic: 'p99', period };
  const groups = versions(loadBalancer);
  if (groups.length === 0) return loadBalancer.resource.metrics.targetResponseTime(seconds);
  return new MathExpression({
    expression: `MAX([${groups.map((_, index) => `FILL(seconds${index}, 0)`).join(', ')}])`,
    usingMetrics: Object.fromEntries(
      groups.map(({ metrics }, index) => [`seconds${index}`, metrics.targetResponseTime(seconds)]),
    ),
    label: 'Latency, seconds',
    period,
  });
}

export interface ServiceTelemetryProps {
  readonly service: BaseService;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly dashboard: boolean;
  readonly alarmActions: readonly IAlarmAction[];
  readonly thresholds: AlarmThresholds;
}

/** Saturation alarm and dashboard of the service. */
export class ServiceTelemetry extends Construct {
  readonly saturationAlarm: Alarm;
  readonly dashboard?: Dashboard;

  constructor(scope: Construct, id: string, props: ServiceTelemetryProps) {
    super(scope, id);
    const { service, loadBalancer, dashboard, alarmActions, thresholds } = props;
    const { saturationPercent, minutes } = thresholds;
    const cpu = service.metricCpuUtilization({ period });
    const memory = service.metricMemoryUtilization({ period });
    this.saturationAlarm = new ServiceAlarms(this, alarmActions, thresholds).saturation({
      metric: cpu,
      threshold: saturationPercent,
      alarmDescription: `CPU above ${saturationPercent} % for ${minutes} minutes; raise maxReplicas.`,
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
            metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period }),
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
