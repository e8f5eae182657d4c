import type { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import type { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
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

/** Assigns a role on `resourceId` alone to whoever applies the stack, who is a person or a pipeline. */
export function assignRoleToDeployer(scope: Construct, id: string, resourceId: string, role: RoleName): RoleAssignment {
  return new azurerm.RoleAssignment(scope, id, {
    scope: resourceId,
    roleDefinitionName: role,
    principalId: clientConfig(scope).objectId,
  });
}
