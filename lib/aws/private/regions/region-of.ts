import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * CDK context key. `false` disables the checks, for services that AWS has added to a region since the tables were
 * generated.
 */
export const CONTEXT = 'modelship:checkRegions';

/** Region of a construct; undefined if it is known only at deployment, or if the checks are disabled. */
export function regionOf(scope: Construct): string | undefined {
  const { region } = Stack.of(scope);
  // Context values from the command line are strings.
  const asked = `${scope.node.tryGetContext(CONTEXT)}`;
  return Token.isUnresolved(region) || asked === 'false' ? undefined : region;
}
