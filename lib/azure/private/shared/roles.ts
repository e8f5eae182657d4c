import type { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import {
  DefaultTokenResolver,
  type ITerraformDependable,
  StringConcat,
  TerraformStack,
  Token,
  Tokenization,
} from 'cdktf';
import type { Construct } from 'constructs';
import { afterRoles } from '../../../terraform/after-roles.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { shortHash } from '../../../terraform/names.js';
import { selectedProvider } from '../../../terraform/providers.js';
import type { AzureServingProps } from '../../props.js';
import { clientConfig } from './names.js';

/** Built-in roles that the constructs assign, each with the least privilege for its task. */
export type RoleName =
  | 'AcrPull'
  | 'Azure AI Enterprise Network Connection Approver'
  | 'Azure Kubernetes Service RBAC Cluster Admin'
  | 'Container Apps Jobs Operator'
  | 'Key Vault Crypto Service Encryption User'
  | 'Key Vault Reader'
  | 'Key Vault Secrets Officer'
  | 'Key Vault Secrets User'
  | 'Monitoring Data Reader'
  | 'Monitoring Metrics Publisher'
  | 'Network Contributor'
  | 'Reader'
  | 'Storage Blob Data Contributor'
  | 'Storage Blob Data Owner'
  | 'Storage Blob Data Reader';

/**
 * Assigns a role, scoped to `resourceId`, to the identity of a service.
 *
 * @param condition condition on the data that the role gives access to. Default: none
 */
export function assignRole(
  scope: Construct,
  id: string,
  resourceId: string,
  role: RoleName,
  principalId: string,
  condition?: string,
): RoleAssignment {
  return new azurerm.RoleAssignment(scope, id, {
    scope: resourceId,
    roleDefinitionName: role,
    principalId,
    principalType: 'ServicePrincipal',
    // Skips a lookup that would fail, because a new identity is not yet replicated across the directory.
    skipServicePrincipalAadCheck: true,
    ...(condition === undefined ? {} : { condition, conditionVersion: '2.0' }),
  });
}

/**
 * Assigns a role, scoped to `resourceId`, to the identities that apply the stack, and waits until Azure enforces it.
 *
 * @returns dependency for every resource that uses the role, so that Terraform also deletes in the right order
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
  // The principal is part of the construct id, so that changing the list does not replace the other roles.
  const roles = deployers?.map((principalId, index) =>
    assign(`${id}-${Token.isUnresolved(principalId) ? index : principalId}`, principalId),
  ) ?? [assign(id, clientConfig(scope).objectId)];
  return afterRoles(scope, `${id}Known`, roles);
}

/**
 * Assigns a role like {@link assignRoleToDeployers}, scoped to a resource that several constructs of the stack may use. Azure
 * rejects a second assignment of a role to an identity, so the stack has one for each.
 */
export function assignSharedRoleToDeployers(
  scope: Construct,
  id: string,
  resourceId: string,
  role: RoleName,
  { deployers = [clientConfig(scope).objectId] }: Pick<AzureServingProps, 'deployers'>,
): ITerraformDependable {
  const stack = TerraformStack.of(scope);
  const resolver = new DefaultTokenResolver(new StringConcat());
  const textOf = (value: unknown) =>
    JSON.stringify(Tokenization.resolve(value, { scope: stack, resolver, preparing: false }));
  const roles = deployers.map((principalId) => {
    const sharedId = `Modelship${id}-${shortHash(textOf([resourceId, role, principalId]))}`;
    return (
      (stack.node.tryFindChild(sharedId) as RoleAssignment | undefined) ??
      new azurerm.RoleAssignment(stack, sharedId, {
        scope: resourceId,
        roleDefinitionName: role,
        principalId,
        provider: selectedProvider(scope, 'azurerm'),
      })
    );
  });
  return afterRoles(scope, `${id}Known`, roles);
}
