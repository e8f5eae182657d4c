import { CfnClusterCapacityProviderAssociations, type ICluster } from 'aws-cdk-lib/aws-ecs';
import { Dependable, type IDependable } from 'constructs';

/** The capacity providers of a cluster, to depend on: CDK gives them to it while the app is synthesized. */
export class CapacityProviders implements IDependable {
  constructor({ node }: ICluster) {
    Dependable.implement(this, {
      get dependencyRoots() {
        return node.children.filter((child) => child instanceof CfnClusterCapacityProviderAssociations);
      },
    });
  }
}
