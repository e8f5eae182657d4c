import { Token } from 'aws-cdk-lib';
import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Replicas } from '../../../serving/replicas.js';
import type { ReplicaSchedule } from '../../../serving/schedule.js';
import { scheduledActions } from '../shared/scheduled-actions.js';

/** Scalable target in the terms of Application Auto Scaling. */
export interface ScalingProps extends Replicas {
  readonly resourceId: string;
  readonly dimension: string;
  /** Predefined metric of Application Auto Scaling. */
  readonly predefinedMetric?: string;
  /** Custom metric specification. */
  readonly customMetric?: CfnScalingPolicy.CustomizedMetricSpecificationProperty;
  readonly target: number;
  readonly schedule?: readonly ReplicaSchedule[];
  /** Limits from the times of an entry of the schedule on. */
  readonly replicas: (entry: ReplicaSchedule) => Replicas;
  /** Metric that reports waiting requests while no replica is running. */
  readonly wakeMetric?: IMetric;
}

/** Seconds between two scaling steps. An instance takes minutes to start, so shorter cooldowns would overshoot. */
const SCALE_IN_COOLDOWN = 300;
const SCALE_OUT_COOLDOWN = 60;

/** Target tracking of a metric, with a step policy that scales out from zero. */
export class Scaling extends Construct {
  readonly target: CfnScalableTarget;
  readonly policy: CfnScalingPolicy;
  /** Set if the target scales from zero. */
  readonly wakeAlarm?: Alarm;

  constructor(scope: Construct, id: string, props: ScalingProps) {
    super(scope, id);
    this.target = new CfnScalableTarget(this, 'Target', {
      serviceNamespace: 'sagemaker',
      resourceId: props.resourceId,
      scalableDimension: props.dimension,
      minCapacity: props.min,
      maxCapacity: props.max,
      scheduledActions: scheduledActions(props.schedule, props.replicas),
    });
    this.policy = new CfnScalingPolicy(this, 'Policy', {
      policyName: `${this.node.addr}-target`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: this.target.ref,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: props.target,
        scaleInCooldown: SCALE_IN_COOLDOWN,
        scaleOutCooldown: SCALE_OUT_COOLDOWN,
        ...(props.predefinedMetric
          ? { predefinedMetricSpecification: { predefinedMetricType: props.predefinedMetric } }
          : { customizedMetricSpecification: props.customMetric }),
      },
    });
    const minima = [props.min, ...(props.schedule ?? []).map((entry) => props.replicas(entry).min)];
    const mayBeZero = minima.some((min) => min === 0 || Token.isUnresolved(min));
    if (mayBeZero && props.wakeMetric) this.wakeAlarm = this.wakeUp(props.wakeMetric);
  }

  /**
   * Scales out from zero. Without replicas, the target tracking metric has no denominator, so another metric triggers a
   * step.
   */
  private wakeUp(metric: IMetric): Alarm {
    const policy = new CfnScalingPolicy(this, 'WakePolicy', {
      policyName: `${this.node.addr}-wake`,
      policyType: 'StepScaling',
      scalingTargetId: this.target.ref,
      stepScalingPolicyConfiguration: {
        adjustmentType: 'ChangeInCapacity',
        metricAggregationType: 'Maximum',
        cooldown: SCALE_IN_COOLDOWN,
        stepAdjustments: [{ metricIntervalLowerBound: 0, scalingAdjustment: 1 }],
      },
    });
    const alarm = new Alarm(this, 'WakeAlarm', {
      metric,
      alarmDescription: 'Requests are waiting and no instance is running; scales out from zero.',
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.MISSING,
    });
    alarm.addAlarmAction({ bind: () => ({ alarmActionArn: policy.ref }) });
    return alarm;
  }
}
