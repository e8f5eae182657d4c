import { Token } from 'cdktf';
import type { Construct } from 'constructs';

const OBJECT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Returns `principalId` unchanged.
 *
 * @throws Error if `principalId` is not an object id of Microsoft Entra ID
 */
export function requirePrincipal(scope: Construct, principalId: string): string {
  if (Token.isUnresolved(principalId) || OBJECT_ID.test(principalId)) return principalId;
  throw new Error(
    `${scope.node.path}: grantInvoke() got ${JSON.stringify(principalId)}. Pass the object id of a user, group or service ` +
      'principal, a GUID such as the `principal_id` of a managed identity',
  );
}

/**
 * Checks that callers authenticate with Microsoft Entra ID.
 *
 * @throws Error if they do not, so that a grant would have no effect
 */
export function requireCloudIdentity(scope: Construct, isCloudIdentity: boolean): void {
  if (isCloudIdentity) return;
  throw new Error(
    `${scope.node.path}: grantInvoke() has no effect with this access; it requires Access.cloudIdentity()`,
  );
}
