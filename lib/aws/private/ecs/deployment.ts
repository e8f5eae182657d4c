import { Duration } from 'aws-cdk-lib';
import {
  AlternateTarget,
  type BaseServiceOptions,
  DeploymentStrategy,
  type IAlternateTarget,
  ListenerRuleConfiguration,
} from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { Rollout } from '../../../serving/rollout.js';
import type { LoadBalancer } from './load-balancer.js';

/**
 * Minutes that both versions keep running after the last step of a gradual deployment. A late alarm can still roll back
 * to the old version.
 */
const BAKE_MINUTES = 5;

/**
 * Whether a deployment runs two versions at once while the load balancer shifts traffic between them. A gate asks the new
 * version while the old one serves.
 */
export function hasTwoVersions(rollout: Rollout = Rollout.allAtOnce(), blueGreenBakeTime?: Duration): boolean {
  return rollout.kind !== 'allAtOnce' || rollout.gate !== undefined || blueGreenBakeTime !== undefined;
}

/** Deployment configuration of the ECS service. */
export function deployment(
  rollout: Rollout = Rollout.allAtOnce(),
  blueGreenBakeTime?: Duration,
): Pick<
  BaseServiceOptions,
  | 'deploymentStrategy'
  | 'bakeTime'
  | 'canaryConfiguration'
  | 'linearConfiguration'
  | 'minHealthyPercent'
  | 'maxHealthyPercent'
> {
  const { canaryOptions, linearOptions } = rollout;
  const healthy = { minHealthyPercent: 100, maxHealthyPercent: 200 };
  if (canaryOptions) {
    return {
      ...healthy,
      deploymentStrategy: DeploymentStrategy.CANARY,
      bakeTime: Duration.minutes(BAKE_MINUTES),
      canaryConfiguration: {
        stepPercent: canaryOptions.percent,
        stepBakeTime: Duration.minutes(canaryOptions.bakeMinutes),
      },
    };
  }
  if (linearOptions) {
    return {
      ...healthy,
      deploymentStrategy: DeploymentStrategy.LINEAR,
      bakeTime: Duration.minutes(BAKE_MINUTES),
      linearConfiguration: {
        stepPercent: linearOptions.stepPercent,
        stepBakeTime: Duration.minutes(linearOptions.intervalMinutes),
      },
    };
  }
  if (!hasTwoVersions(rollout, blueGreenBakeTime)) return healthy;
  return {
    ...healthy,
    deploymentStrategy: DeploymentStrategy.BLUE_GREEN,
    bakeTime: blueGreenBakeTime ?? Duration.minutes(BAKE_MINUTES),
  };
}

/** Target of the second version's traffic, and the role that ECS assumes to shift traffic to it. */
export interface Alternate {
  readonly target: IAlternateTarget;
  /** Role that, with its policy, must exist before the service is created and until it is deleted. */
  readonly role: Role;
}

/** Creates the alternate target group's configuration and the role that allows ECS to shift traffic to it. */
export function alternate(scope: Construct, balancer: LoadBalancer): Alternate | undefined {
  const { alternateTargets, testRule, rule, targets } = balancer;
  if (!alternateTargets || !testRule) return undefined;
  const role = new Role(scope, 'DeploymentRole', {
    // The trust policy has no condition, like the one in AWS's guide. The context keys of ECS's AssumeRole call are
    // undocumented.
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
    assumedBy: new ServicePrincipal('ecs.amazonaws.com'),
    description: 'Moves traffic between two versions of a service',
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ['elasticloadbalancing:ModifyRule'],
      resources: [rule.listenerRuleArn, testRule.listenerRuleArn],
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
      resources: [targets.targetGroupArn, alternateTargets.targetGroupArn],
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        'elasticloadbalancing:DescribeListeners',
        'elasticloadbalancing:DescribeRules',
        'elasticloadbalancing:DescribeTargetGroups',
        'elasticloadbalancing:DescribeTargetHealth',
      ],
      // The Describe actions have no resource-level permissions.
      resources: ['*'],
    }),
  );
  const target = new AlternateTarget('AlternateTarget', {
    alternateTargetGroup: alternateTargets,
    productionListener: ListenerRuleConfiguration.applicationListenerRule(rule),
    testListener: ListenerRuleConfiguration.applicationListenerRule(testRule),
    role,
  });
  return { target, role };
}
