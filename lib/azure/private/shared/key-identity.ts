import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { afterRoles } from '../../../terraform/after-roles.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { AzureKey } from '../../props.js';
import { groupName } from './names.js';
import type { Placement } from './placement.js';
import { assignRole } from './roles.js';

const NAME_LENGTH = 120;

/** Identity that can wrap and unwrap with a customer-managed key, and nothing else. */
export interface KeyIdentity {
  readonly identity: UserAssignedIdentity;
  /** Resource to create before anything is encrypted with the key. */
  readonly ready: ITerraformDependable;
}

/** Creates the identity that the resources in `scope` use for encryption with the key. */
export function keyIdentity(scope: Construct, placement: Placement, key: AzureKey): KeyIdentity {
  const identity = new azurerm.UserAssignedIdentity(scope, 'KeyIdentity', {
    ...placement.common,
    name: groupName(scope, NAME_LENGTH),
  });
  const role = assignRole(
    scope,
    'KeyUser',
    key.resourceVersionlessId,
    'Key Vault Crypto Service Encryption User',
    identity.principalId,
  );
  return { identity, ready: afterRoles(scope, 'KeyRoleKnown', [role]) };
}
