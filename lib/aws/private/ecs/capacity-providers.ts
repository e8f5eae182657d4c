import { CfnClusterCapacityProviderAssociations, type ICluster } from 'aws-cdk-lib/aws-ecs';
import { Dependable, type IDependable } from 'constructs';

/** Dependency on the capacity providers of a cluster, resolved lazily because CDK associates them during synthesis. */
export class CapacityProviders implements IDependable {
  constructor({ node }: ICluster) {
    Dependable.implement(this, {
      get dependencyRoots() {
        return node.children.filter((child) => child instanceof CfnClusterCapacityProviderAssociations);
      },
    });
  }
}
