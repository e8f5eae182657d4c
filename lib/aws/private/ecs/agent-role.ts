import { Stack } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** IAM actions that the ECS agent of an instance calls on the cluster and on its container instances. */
export interface AgentActions {
  readonly cluster: string[];
  readonly instances: string[];
}

/** Creates the instance role, which allows the ECS agent to join the cluster and to report task states. */
export function agentRole(scope: Construct, { clusterArn, clusterName }: ICluster, actions: AgentActions): Role {
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  role.addToPolicy(new PolicyStatement({ actions: actions.cluster, resources: [clusterArn] }));
  role.addToPolicy(
    new PolicyStatement({
      actions: actions.instances,
      // The ids of container instances are unknown until they register.
      resources: [
        Stack.of(scope).formatArn({ service: 'ecs', resource: 'container-instance', resourceName: `${clusterName}/*` }),
      ],
    }),
  );
  // `ecs:DiscoverPollEndpoint` has no resource-level permissions.
  role.addToPolicy(new PolicyStatement({ actions: ['ecs:DiscoverPollEndpoint'], resources: ['*'] }));
  return role;
}
