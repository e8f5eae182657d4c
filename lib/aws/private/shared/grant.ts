import type { Grant } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * Returns the grant after checking that it has an effect.
 *
 * @throws Error if the grant added no statement to any policy, so the caller would still be denied
 */
export function requireEffect(scope: Construct, grant: Grant): Grant {
  if (grant.success) return grant;
  throw new Error(
    `${scope.node.path}: grantInvoke() has no effect on this principal, because it has no identity policy and the endpoint ` +
      'has no resource policy. Pass a role, user or group of this account. Callers of another account or service assume such a role',
  );
}
