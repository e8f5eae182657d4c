import { Stack } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { describe } from '../../../serving/validation/describe.js';

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
 * Returns the grant that `grant` gives to `grantee`.
 *
 * @throws Error if `grantee` is not an IAM principal, or if the grant added no statement to any policy, so the caller
 * would still be denied
 */
export function grantTo(scope: Construct, grantee: IGrantable, grant: () => Grant): Grant {
  // TypeScript checks the same at compile time. JavaScript callers pass ARNs, as they do on other clouds.
  if (typeof grantee !== 'object' || grantee === null || !('grantPrincipal' in grantee)) {
    throw new Error(
      `${scope.node.path}: grantInvoke() got ${describe(grantee)}. Pass an IGrantable, such as a role, user or group. ` +
        'Import an existing role with Role.fromRoleArn(scope, id, arn)',
    );
  }
  const given = grant();
  if (given.success) return given;
  throw new Error(
    `${scope.node.path}: grantInvoke() has no effect on this principal, because it has no identity policy and the endpoint ` +
      'has no resource policy. Pass a role, user or group of this account. Callers of another account or service assume such a role',
  );
}
