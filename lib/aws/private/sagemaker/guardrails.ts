import { Duration, Token } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnEndpoint, CfnInferenceComponent } from 'aws-cdk-lib/aws-sagemaker';
import type { Rollout } from '../../../serving/rollout.js';
import type { RollingUpdate } from '../../rolling-update.js';
import { SAGEMAKER } from './limits.js';

/** Minutes that the old fleet keeps running after the last step, so that a late alarm can still roll back. */
const TERMINATION_WAIT_MINUTES = 5;

const percent = (value: number) => ({ type: 'CAPACITY_PERCENT', value });

/** Deployment configuration of the endpoint, with its traffic shifting and rollback alarms. */
export function deploymentConfig(
  rollout: Rollout,
  rollingUpdate: RollingUpdate | undefined,
  alarms: readonly IAlarm[],
): CfnEndpoint.DeploymentConfigProperty {
  const autoRollbackConfiguration = rollback(alarms);
  if (rollingUpdate) {
    return {
      rollingUpdatePolicy: { ...batches(rollingUpdate), rollbackMaximumBatchSize: percent(rollingUpdate.batchPercent) },
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

/** Deployment configuration of an inference component. SageMaker monitors alarms only during a rolling update. */
export function componentDeploymentConfig(
  rollingUpdate: RollingUpdate | undefined,
  alarms: readonly IAlarm[],
): CfnInferenceComponent.InferenceComponentDeploymentConfigProperty {
  return {
    // The default batch is the largest that SageMaker allows.
    rollingUpdatePolicy: batches(rollingUpdate ?? { batchPercent: SAGEMAKER.rollingPercent.max }),
    autoRollbackConfiguration: rollback(alarms),
  };
}

/**
 * Whether the first step of a gradual deployment is less than one of the at least `instances` instances.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CapacitySize.html
 */
export function isPartOfAnInstance(
  rollout: Rollout | undefined,
  rollingUpdate: RollingUpdate | undefined,
  instances: number,
): boolean {
  const step =
    rollingUpdate?.batchPercent ?? rollout?.canaryOptions?.percent ?? rollout?.linearOptions?.stepPercent ?? 100;
  if (step === 100 || Token.isUnresolved(step) || Token.isUnresolved(instances)) return false;
  return instances * step < 100;
}

function batches({ batchPercent, interval = Duration.minutes(5) }: RollingUpdate) {
  return { maximumBatchSize: percent(batchPercent), waitIntervalInSeconds: interval.toSeconds() };
}

function rollback(alarms: readonly IAlarm[]) {
  return alarms.length > 0 ? { alarms: alarms.map(({ alarmName }) => ({ alarmName })) } : undefined;
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
  // SageMaker's API requires a wait interval here, but does not use it.
  return { type: 'ALL_AT_ONCE', waitIntervalInSeconds: 0 };
}
