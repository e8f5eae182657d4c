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

/** Minutes both versions stay after the last step of a gradual deployment, so that a late alarm still finds the old one. */
const BAKE_MINUTES = 5;

/** Whether two versions run at once, with traffic moved between them by the load balancer. */
export function hasTwoVersions(rollout: Rollout = Rollout.allAtOnce(), blueGreenBakeMinutes?: number): boolean {
  return rollout.kind !== 'allAtOnce' || blueGreenBakeMinutes !== undefined;
}

/** How ECS brings a new version, in its words. */
export function deployment(
  rollout: Rollout = Rollout.allAtOnce(),
  blueGreenBakeMinutes?: number,
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
  if (blueGreenBakeMinutes === undefined) return healthy;
  return {
    ...healthy,
    deploymentStrategy: DeploymentStrategy.BLUE_GREEN,
    bakeTime: Duration.minutes(blueGreenBakeMinutes),
  };
}

/** Where the second version's traffic goes, and as whom ECS moves it there. */
export interface Alternate {
  readonly target: IAlternateTarget;
  /** With its policy it is there before the service, and until that is gone. */
  readonly role: Role;
}

/** The second version's targets, and the right for ECS to move traffic to them. */
export function alternate(scope: Construct, balancer: LoadBalancer): Alternate | undefined {
  const { alternateTargets, testRule, rule, targets } = balancer;
  if (!alternateTargets || !testRule) return undefined;
  const role = new Role(scope, 'DeploymentRole', {
    // Without a condition, as AWS has it: what ECS says of itself when it takes this role is not documented.
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
      // Describing knows no resources.
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
