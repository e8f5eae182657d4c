import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnEndpoint } from 'aws-cdk-lib/aws-sagemaker';
import type { Rollout } from '../../../serving/rollout.js';
import type { RollingUpdate } from '../../rolling-update.js';

/** Minutes the old fleet is kept after the last step, so that a late alarm still finds it. */
const TERMINATION_WAIT_MINUTES = 5;

const percent = (value: number) => ({ type: 'CAPACITY_PERCENT', value });

/** How SageMaker moves to a new configuration, and what takes it back. */
export function deploymentConfig(
  rollout: Rollout,
  rollingUpdate: RollingUpdate | undefined,
  alarms: readonly IAlarm[],
): CfnEndpoint.DeploymentConfigProperty {
  const rollback = alarms.map(({ alarmName }) => ({ alarmName }));
  const autoRollbackConfiguration = rollback.length > 0 ? { alarms: rollback } : undefined;
  if (rollingUpdate) {
    const { batchPercent, intervalMinutes = 5 } = rollingUpdate;
    return {
      rollingUpdatePolicy: {
        maximumBatchSize: percent(batchPercent),
        waitIntervalInSeconds: intervalMinutes * 60,
        rollbackMaximumBatchSize: percent(batchPercent),
      },
      autoRollbackConfiguration,
    };
  }
  return {
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: traffic(rollout),
      terminationWaitInSeconds: TERMINATION_WAIT_MINUTES * 60,
    },
    autoRollbackConfiguration,
  };
}

function traffic({ canaryOptions, linearOptions }: Rollout): CfnEndpoint.TrafficRoutingConfigProperty {
  if (canaryOptions) {
    return {
      type: 'CANARY',
      canarySize: percent(canaryOptions.percent),
      waitIntervalInSeconds: canaryOptions.bakeMinutes * 60,
    };
  }
  if (linearOptions) {
    return {
      type: 'LINEAR',
      linearStepSize: percent(linearOptions.stepPercent),
      waitIntervalInSeconds: linearOptions.intervalMinutes * 60,
    };
  }
  // SageMaker's own API asks for a wait that it has no use for.
  return { type: 'ALL_AT_ONCE', waitIntervalInSeconds: 0 };
}
