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

/** An identity that may wrap and unwrap with a customer's key, and do nothing else. */
export interface KeyIdentity {
  readonly identity: UserAssignedIdentity;
  /** What must be there before anything is encrypted with the key. */
  readonly ready: ITerraformDependable;
}

/** Makes the identity with which what `scope` makes is encrypted. */
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
