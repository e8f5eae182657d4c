import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Key in CDK's context: `false` lets pass what AWS may have brought to a region since the tables here were made. */
export const CONTEXT = 'modelship:checkRegions';

/** The region of a construct; undefined if it is known at deployment only, or is not to be checked. */
export function regionOf(scope: Construct): string | undefined {
  const { region } = Stack.of(scope);
  // What the command line gives is text.
  const asked = `${scope.node.tryGetContext(CONTEXT)}`;
  return Token.isUnresolved(region) || asked === 'false' ? undefined : region;
}
