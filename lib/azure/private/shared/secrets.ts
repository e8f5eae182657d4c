import type { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { shortHash } from '../../../terraform/names.js';
import type { AzureServerlessProps } from '../../props.js';
import { assignRole } from './roles.js';

/** Allows an identity to read each of the secrets. The host reads them when it starts a replica. */
export function grantSecrets(
  scope: Construct,
  { secrets = {} }: AzureServerlessProps,
  principalId: string,
): RoleAssignment[] {
  const ids = [...new Set(Object.values(secrets).map((secret) => secret.resourceVersionlessId))];
  return ids.map((id, index) =>
    // The string of a token is not stable between syntheses, so the assignment is named by its position.
    assignRole(
      scope,
      `SecretReader-${Token.isUnresolved(id) ? index : shortHash(id)}`,
      id,
      'Key Vault Secrets User',
      principalId,
    ),
  );
}
