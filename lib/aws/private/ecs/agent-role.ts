import { Stack } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** What the agent of ECS on an instance does, with the cluster and as one of its instances. */
export interface AgentActions {
  readonly cluster: string[];
  readonly instances: string[];
}

/** The role of instances: their agent joins the cluster, and reports what runs. */
export function agentRole(scope: Construct, { clusterArn, clusterName }: ICluster, actions: AgentActions): Role {
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  role.addToPolicy(new PolicyStatement({ actions: actions.cluster, resources: [clusterArn] }));
  role.addToPolicy(
    new PolicyStatement({
      actions: actions.instances,
      // Instances have no ids before they join.
      resources: [
        Stack.of(scope).formatArn({ service: 'ecs', resource: 'container-instance', resourceName: `${clusterName}/*` }),
      ],
    }),
  );
  // The agent's endpoint knows no resource.
  role.addToPolicy(new PolicyStatement({ actions: ['ecs:DiscoverPollEndpoint'], resources: ['*'] }));
  return role;
}
