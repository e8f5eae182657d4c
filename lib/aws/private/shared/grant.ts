import { Stack } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * Checks that a principal can sign requests with Signature Version 4.
 *
 * @throws Error if the principal is an AWS service, which calls APIs only with a role that it assumes
 */
export function rejectServicePrincipal(scope: Construct, grantee: IGrantable): void {
  const { Service: service } = Stack.of(scope).resolve(grantee.grantPrincipal.policyFragment.principalJson);
  if (service === undefined) return;
  throw new Error(
    `${scope.node.path}: grantInvoke() got the service principal ${[service].flat().join(', ')}. AWS services do not call ` +
      'API Gateway as themselves. Pass the role that the service assumes for its calls',
  );
}

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
