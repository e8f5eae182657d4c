import type { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import { type ITerraformDependable, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { afterRoles } from '../../../terraform/after-roles.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { AzureServingProps } from '../../props.js';
import { clientConfig } from './names.js';

/** The built-in roles that are assigned, each the smallest that does its work. */
export type RoleName =
  | 'AcrPull'
  | 'Azure AI Enterprise Network Connection Approver'
  | 'Azure Kubernetes Service RBAC Cluster Admin'
  | 'Key Vault Crypto Service Encryption User'
  | 'Key Vault Secrets Officer'
  | 'Monitoring Metrics Publisher'
  | 'Network Contributor'
  | 'Reader'
  | 'Storage Blob Data Contributor'
  | 'Storage Blob Data Owner'
  | 'Storage Blob Data Reader';

/** Assigns a role on `resourceId` alone to an identity of a service. */
export function assignRole(
  scope: Construct,
  id: string,
  resourceId: string,
  role: RoleName,
  principalId: string,
): RoleAssignment {
  return new azurerm.RoleAssignment(scope, id, {
    scope: resourceId,
    roleDefinitionName: role,
    principalId,
    principalType: 'ServicePrincipal',
    // A new identity is not everywhere in the directory yet, and looking for it would fail.
    skipServicePrincipalAadCheck: true,
  });
}

/**
 * Assigns a role on `resourceId` alone to those who apply the stack, and waits until Azure enforces it.
 *
 * @returns what uses the role depends on it, so that Terraform also deletes in the right order
 */
export function assignRoleToDeployers(
  scope: Construct,
  id: string,
  resourceId: string,
  role: RoleName,
  { deployers }: AzureServingProps,
): ITerraformDependable {
  const assign = (constructId: string, principalId: string) =>
    new azurerm.RoleAssignment(scope, constructId, { scope: resourceId, roleDefinitionName: role, principalId });
  // Named by principal, so that a change of the list leaves the roles of the others alone.
  const roles = deployers?.map((principalId, index) =>
    assign(`${id}-${Token.isUnresolved(principalId) ? index : principalId}`, principalId),
  ) ?? [assign(id, clientConfig(scope).objectId)];
  return afterRoles(scope, `${id}Known`, roles);
}
