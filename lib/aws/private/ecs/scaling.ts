import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { BaseService } from 'aws-cdk-lib/aws-ecs';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';

export interface ServiceScalingProps {
  readonly service: BaseService;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly min: number;
  readonly max: number;
  readonly concurrency: number;
  readonly cpuPercent: number;
}

/** Seconds between two steps down; up goes at once, because a queue grows by the second. */
const SCALE_IN_COOLDOWN = 300;

/** Keeps the requests in flight in a task, and the use of its CPU, near their targets. */
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
   * Requests in flight in a task, by Little's law: arrivals in a second times seconds each stays, over the tasks. The
   * predefined metric counts requests in a minute, which says nothing of the load unless one knows how long each takes.
   * The load balancer reports nothing while nobody asks, and on too little data no task is taken away.
   */
  private concurrency({
    service,
    loadBalancer,
  }: ServiceScalingProps): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty[] {
    const balancer = [{ name: 'LoadBalancer', value: loadBalancer.loadBalancerFullName }];
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
