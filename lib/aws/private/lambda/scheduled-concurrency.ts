import { CfnScalableTarget } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ReplicaSchedule } from '../../../serving/schedule.js';
import { scheduledActions } from '../shared/scheduled-actions.js';

export interface ScheduledConcurrencyProps {
  readonly alias: Alias;
  /** Provisioned concurrency outside the schedule. */
  readonly minReplicas: number;
  readonly schedule: readonly ReplicaSchedule[];
}

/** Provisioned concurrency of an alias that changes at certain times. It is fixed between them. */
export class ScheduledConcurrency extends Construct {
  readonly target: CfnScalableTarget;

  constructor(scope: Construct, id: string, { alias, minReplicas, schedule }: ScheduledConcurrencyProps) {
    super(scope, id);
    this.target = new CfnScalableTarget(this, 'Target', {
      serviceNamespace: 'lambda',
      scalableDimension: 'lambda:function:ProvisionedConcurrency',
      resourceId: `function:${alias.lambda.functionName}:${alias.aliasName}`,
      minCapacity: minReplicas,
      maxCapacity: minReplicas,
      scheduledActions: scheduledActions(schedule, ({ minReplicas: count = minReplicas }) => ({
        min: count,
        max: count,
      })),
    });
    this.target.node.addDependency(alias);
  }
}
