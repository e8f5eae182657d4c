import { type Alarm, Dashboard, type IAlarmAction, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { BaseService } from 'aws-cdk-lib/aws-ecs';
import { type ApplicationTargetGroup, HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
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

/**
 * Target groups whose own metrics are watched: both if a deployment runs two versions at once, and the only one if other
 * services use the load balancer.
 */
function watchedGroups({ targets, alternateTargets, isShared }: LoadBalancer): ApplicationTargetGroup[] {
  if (alternateTargets) return [targets, alternateTargets];
  return isShared ? [targets] : [];
}

/**
 * Error rate in percent: that of all requests or that of one version, whichever is higher. A new version that gets 1 %
 * of the traffic and fails all of it would otherwise be masked by the old one.
 */
function failurePercent(loadBalancer: LoadBalancer): MathExpression {
  const filled = (name: string) => `FILL(${name}, 0)`;
  const share = (failures: string, requests: string) => `IF(${requests} > 0, 100 * (${failures}) / ${requests}, 0)`;
  const usingMetrics: Record<string, IMetric> = {};
  const shares: string[] = [];
  // The load balancer's own errors are not reported per service.
  if (!loadBalancer.isShared) {
    const { metrics } = loadBalancer.resource;
    const ofAll = {
      requests: metrics.requestCount({ period }),
      failed: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
      // 502 means that a task died during the request, 504 that it timed out, 503 that no task is available. The metric
      // is not reported per target group, and requests without an available task are missing in the request count.
      unanswered: metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period }),
    };
    const [requests, failed, unanswered] = Object.keys(ofAll).map(filled);
    shares.push(share(`${failed} + ${unanswered}`, `MAX([${requests}, ${unanswered}])`));
    Object.assign(usingMetrics, ofAll);
  }
  for (const [index, group] of watchedGroups(loadBalancer).entries()) {
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
  const groups = watchedGroups(loadBalancer);
  if (groups.length < 2) return loadBalancer.metrics.targetResponseTime(seconds);
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
  readonly loadBalancer: LoadBalancer;
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
            ...(loadBalancer.isShared
              ? []
              : [loadBalancer.resource.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period })]),
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
