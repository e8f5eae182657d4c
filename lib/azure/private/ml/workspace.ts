import type { KeyVault } from '@cdktf/provider-azurerm/lib/key-vault';
import type {
  MachineLearningWorkspace,
  MachineLearningWorkspaceConfig,
} from '@cdktf/provider-azurerm/lib/machine-learning-workspace';
import { Fn, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { afterRoles } from '../../../terraform/after-roles.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { GenericResource } from '../../../terraform/generic.js';
import type { AzureServingProps } from '../../props.js';
import { azapi } from '../shared/azapi.js';
import { keyIdentity } from '../shared/key-identity.js';
import { clientConfig, globalName, groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import { privateEndpoint } from '../shared/private-endpoint.js';
import { adviseProvider, hasFeature } from '../shared/provider.js';
import { Registry } from '../shared/registry.js';
import { assignRole } from '../shared/roles.js';
import { SecureStorage } from '../shared/secure-storage.js';
import type { Telemetry } from '../shared/telemetry.js';
import { ML_API } from './api.js';

const WORKSPACE_NAME_LENGTH = 33;
const VAULT_NAME_LENGTH = 24;

interface MlWorkspaceProps {
  readonly placement: Placement;
  readonly telemetry: Telemetry;
  readonly props: AzureServingProps;
}

/** Azure ML workspace with the storage account, key vault and container registry that it requires. */
export class MlWorkspace extends Construct {
  readonly workspace: MachineLearningWorkspace;
  readonly vault: KeyVault;
  readonly registry: Registry;
  readonly storage: SecureStorage;
  /** Roles to wait for before an instance starts. */
  readonly connected: readonly ITerraformDependable[];
  /** Resources to create before Terraform reads or writes the vault. */
  readonly vaultReachable: readonly ITerraformDependable[];

  private readonly placement: Placement;
  private readonly props: AzureServingProps;

  constructor(scope: Construct, id: string, { placement, telemetry, props }: MlWorkspaceProps) {
    super(scope, id);
    this.placement = placement;
    this.props = props;
    const { isPrivate } = this;
    // Azure ML accesses its own account with keys. Models are stored in another account, without keys.
    this.storage = new SecureStorage(this, 'Storage', {
      placement,
      props,
      options: { sharedKeys: true, hasFiles: true },
    });
    this.vault = new azurerm.KeyVault(this, 'Vault', {
      ...placement.common,
      name: globalName(scope, placement, VAULT_NAME_LENGTH, true),
      tenantId: clientConfig(this).tenantId,
      skuName: 'standard',
      rbacAuthorizationEnabled: true,
      purgeProtectionEnabled: true,
      softDeleteRetentionDays: 90,
      ...(isPrivate
        ? {
            publicNetworkAccessEnabled: false,
            networkAcls: { bypass: 'AzureServices', defaultAction: 'Deny' },
          }
        : {}),
    });
    this.vaultReachable = privateEndpoint(this, placement, props, this.vault.id, 'vault');
    this.registry = new Registry(this, 'Registry', { placement, props, isPrivate });
    this.workspace = new azurerm.MachineLearningWorkspace(this, 'Resource', {
      ...placement.common,
      name: groupName(scope, WORKSPACE_NAME_LENGTH),
      storageAccountId: this.storage.account.id,
      keyVaultId: this.vault.id,
      containerRegistryId: this.registry.registry.id,
      applicationInsightsId: telemetry.insights.id,
      publicNetworkAccessEnabled: !isPrivate,
      managedNetwork: { isolationMode: isPrivate ? 'AllowOnlyApprovedOutbound' : 'AllowInternetOutbound' },
      ...this.encryption(),
    });
    privateEndpoint(this, placement, props, this.workspace.id, 'amlworkspace');
    adviseProvider(this, (provider) =>
      hasFeature(provider, 'machineLearning', 'purgeSoftDeletedWorkspaceOnDestroy', true)
        ? undefined
        : 'Azure keeps a deleted workspace for 14 days, and an apply after a destroy fails; set features: ' +
          'AZURERM_FEATURES of modelship/azure',
    );
    this.connected = this.approveOwn();
  }

  private get isPrivate(): boolean {
    return this.props.privateSubnet !== undefined;
  }

  /**
   * Approves outbound traffic from the workspace's private network to a resource, through a private endpoint that Azure
   * ML manages. Without a private subnet, instances reach all destinations, and nothing is created.
   */
  approve(id: string, resourceId: string, subresource: 'blob' | 'registry'): ITerraformDependable[] {
    if (!this.isPrivate) return [];
    return [
      // azurerm rejects the subresource `registry`.
      new GenericResource(this, id, {
        type: 'azapi_resource',
        provider: azapi(this),
        attributes: {
          type: `Microsoft.MachineLearningServices/workspaces/outboundRules@${ML_API}`,
          parent_id: this.workspace.id,
          name: id.toLowerCase(),
          body: {
            properties: {
              type: 'PrivateEndpoint',
              category: 'UserDefined',
              destination: { serviceResourceId: resourceId, subresourceTarget: subresource, sparkEnabled: false },
            },
          },
        },
        dependsOn: [this.mayConnect(id, resourceId)],
      }),
    ];
  }

  /**
   * Allows a private workspace to connect to its own storage, vault and registry. Azure ML adds private endpoints to
   * them when it creates the network. The workspace's default role cannot approve them:
   * https://learn.microsoft.com/azure/machine-learning/how-to-managed-network#approval-of-private-endpoints
   */
  private approveOwn(): ITerraformDependable[] {
    if (!this.isPrivate) return [];
    const own = { Storage: this.storage.account.id, Vault: this.vault.id, Registry: this.registry.registry.id };
    return Object.entries(own).map(([id, resourceId]) => this.mayConnect(`Own${id}`, resourceId));
  }

  /** Assigns the role to approve connections to a resource, and waits until Azure enforces it. */
  private mayConnect(id: string, resourceId: string): ITerraformDependable {
    const role = assignRole(
      this,
      `${id}Approver`,
      resourceId,
      'Azure AI Enterprise Network Connection Approver',
      this.workspace.identity.principalId,
    );
    return afterRoles(this, `${id}ApproverKnown`, [role]);
  }

  private encryption(): Pick<
    MachineLearningWorkspaceConfig,
    'identity' | 'encryption' | 'serviceSideEncryptionEnabled' | 'dependsOn'
  > {
    const { encryptionKey } = this.props;
    if (!encryptionKey) return { identity: { type: 'SystemAssigned' } };
    const { identity, ready } = keyIdentity(this, this.placement, encryptionKey);
    return {
      identity: { type: 'SystemAssigned, UserAssigned', identityIds: [identity.id] },
      // Otherwise Azure ML keeps its encrypted data in a database and a search service that the subscription pays for.
      serviceSideEncryptionEnabled: true,
      encryption: {
        keyId: encryptionKey.id!,
        keyVaultId: Fn.element(Fn.split('/keys/', encryptionKey.resourceVersionlessId), 0),
        userAssignedIdentityId: identity.id,
      },
      dependsOn: [ready],
    };
  }
}
