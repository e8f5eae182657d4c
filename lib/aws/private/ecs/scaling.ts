import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { BaseService } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { type Replicas, replicasOf } from '../../../serving/replicas.js';
import type { ReplicaSchedule } from '../../../serving/schedule.js';
import { scheduledActions } from '../shared/scheduled-actions.js';
import type { LoadBalancer } from './load-balancer.js';

export interface ServiceScalingProps extends Replicas {
  readonly service: BaseService;
  readonly loadBalancer: LoadBalancer;
  readonly concurrency: number;
  readonly cpuPercent: number;
  readonly schedule?: readonly ReplicaSchedule[];
}

const DEFAULT_MAX_REPLICAS = 4;

/** Maximum number of tasks of a service whose maximum is not set. */
export function defaultMaxReplicas(min: number): number {
  return Math.max(min, DEFAULT_MAX_REPLICAS);
}

/** Seconds between two scale-in steps. Scale-out has no cooldown, because a queue grows by the second. */
const SCALE_IN_COOLDOWN = 300;

/** Target tracking of the requests in flight per task and of CPU utilization. */
export class ServiceScaling extends Construct {
  readonly target: CfnScalableTarget;

  constructor(scope: Construct, id: string, props: ServiceScalingProps) {
    super(scope, id);
    const { service } = props;
    this.target = new CfnScalableTarget(this, 'Target', {
      serviceNamespace: 'ecs',
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${service.cluster.clusterName}/${service.serviceName}`,
      minCapacity: props.min,
      maxCapacity: props.max,
      scheduledActions: scheduledActions(props.schedule, replicasOf(props)),
    });
    this.policy('Concurrency', {
      targetValue: props.concurrency,
      customizedMetricSpecification: { metrics: this.concurrency(props) },
    });
    this.policy('Cpu', {
      targetValue: props.cpuPercent,
      predefinedMetricSpecification: { predefinedMetricType: 'ECSServiceAverageCPUUtilization' },
    });
  }

  private policy(
    id: string,
    configuration: Pick<
      CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty,
      'targetValue' | 'customizedMetricSpecification' | 'predefinedMetricSpecification'
    >,
  ): void {
    new CfnScalingPolicy(this, id, {
      policyName: `${this.node.addr}-${id}`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: this.target.ref,
      targetTrackingScalingPolicyConfiguration: {
        ...configuration,
        scaleInCooldown: SCALE_IN_COOLDOWN,
        scaleOutCooldown: 0,
      },
    });
  }

  /**
   * Metric query for the requests in flight per task. By Little's law, they are requests per second times response time
   * in seconds, divided by the tasks. The predefined metric counts requests per minute, which measures load only if the
   * duration of a request is known. The load balancer reports no data while idle. Target tracking does not scale in on
   * insufficient data, so missing values count as 0.
   */
  private concurrency({
    service,
    loadBalancer,
  }: ServiceScalingProps): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty[] {
    const { dimensions = {} } = loadBalancer.metrics.requestCount();
    const balancer = Object.entries(dimensions).map(([name, value]) => ({ name, value: String(value) }));
    const query = (id: string, metricName: string, stat: string, namespace: string, dimensions: typeof balancer) => ({
      id,
      metricStat: { metric: { metricName, namespace, dimensions }, stat },
      returnData: false,
    });
    return [
      query('requests', 'RequestCount', 'Sum', 'AWS/ApplicationELB', balancer),
      query('seconds', 'TargetResponseTime', 'Average', 'AWS/ApplicationELB', balancer),
      query('tasks', 'RunningTaskCount', 'Average', 'ECS/ContainerInsights', [
        { name: 'ClusterName', value: service.cluster.clusterName },
        { name: 'ServiceName', value: service.serviceName },
      ]),
      { id: 'inFlight', expression: 'FILL(requests, 0) / 60 * FILL(seconds, 0) / tasks', returnData: true },
    ];
  }
}
