import type { KeyVault } from '@cdktf/provider-azurerm/lib/key-vault';
import type {
  MachineLearningWorkspace,
  MachineLearningWorkspaceConfig,
} from '@cdktf/provider-azurerm/lib/machine-learning-workspace';
import { Fn, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { AzureServingProps } from '../../props.js';
import { afterRoles } from '../shared/azapi.js';
import { keyIdentity } from '../shared/key-identity.js';
import { clientConfig, globalName, groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import { privateEndpoint } from '../shared/private-endpoint.js';
import { Registry } from '../shared/registry.js';
import { assignRole } from '../shared/roles.js';
import { SecureStorage } from '../shared/secure-storage.js';
import type { Telemetry } from '../shared/telemetry.js';

const WORKSPACE_NAME_LENGTH = 33;
const VAULT_NAME_LENGTH = 24;

/** An Azure ML workspace with what it cannot be without. */
export class MlWorkspace extends Construct {
  readonly workspace: MachineLearningWorkspace;
  readonly vault: KeyVault;
  readonly registry: Registry;
  readonly storage: SecureStorage;
  /** What must be there before anybody outside Azure reads or writes the vault. */
  readonly vaultReachable: readonly ITerraformDependable[];

  constructor(
    scope: Construct,
    id: string,
    private readonly placement: Placement,
    telemetry: Telemetry,
    private readonly props: AzureServingProps,
  ) {
    super(scope, id);
    const isPrivate = props.privateSubnet !== undefined;
    // Azure ML itself reaches its account by keys; what we serve lies in another that has none.
    this.storage = new SecureStorage(this, 'Storage', placement, props, { sharedKeys: true, hasFiles: true });
    this.vault = new azurerm.KeyVault(this, 'Vault', {
      ...placement.common,
      name: globalName(scope, VAULT_NAME_LENGTH, true),
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
    this.registry = new Registry(this, 'Registry', placement, props, isPrivate);
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
  }

  /**
   * Lets the instances of a private workspace reach another resource, by a private endpoint in the network that Azure ML
   * manages. Without a private subnet they reach everything, and nothing is made.
   */
  approve(id: string, resourceId: string, subresource: 'blob' | 'registry'): ITerraformDependable[] {
    if (!this.props.privateSubnet) return [];
    const approver = assignRole(
      this,
      `${id}Approver`,
      resourceId,
      'Azure AI Enterprise Network Connection Approver',
      this.workspace.identity.principalId,
    );
    return [
      new azurerm.MachineLearningWorkspaceNetworkOutboundRulePrivateEndpoint(this, id, {
        name: id.toLowerCase(),
        workspaceId: this.workspace.id,
        serviceResourceId: resourceId,
        subResourceTarget: subresource,
        dependsOn: [afterRoles(this, `${id}ApproverKnown`, [approver])],
      }),
    ];
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
      // Else Azure ML keeps what it encrypts in a database and a search service that the subscription pays for.
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
