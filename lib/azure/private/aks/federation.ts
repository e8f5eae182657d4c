import type { FederatedIdentityCredential } from '@cdktf/provider-azurerm/lib/federated-identity-credential';
import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import type { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { Placement } from '../shared/placement.js';
import { writeForAzurerm5 } from '../shared/provider.js';

/**
 * Lets a service account in a cluster authenticate as the identity.
 *
 * @param subject service account: `system:serviceaccount:<namespace>:<name>`
 */
export function federate(
  scope: Construct,
  { resourceGroup }: Placement,
  identity: UserAssignedIdentity,
  issuer: string,
  subject: string,
): FederatedIdentityCredential {
  const federation = new azurerm.FederatedIdentityCredential(scope, 'Federation', {
    name: identity.nameInput!,
    resourceGroupName: resourceGroup.name,
    parentId: identity.id,
    issuer,
    audience: ['api://AzureADTokenExchange'],
    subject,
  });
  return writeForAzurerm5(federation, {
    resource_group_name: undefined,
    parent_id: undefined,
    user_assigned_identity_id: identity.id,
  });
}
