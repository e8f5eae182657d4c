import type { KeyVault } from '@cdktf/provider-azurerm/lib/key-vault';
import type { MachineLearningWorkspace } from '@cdktf/provider-azurerm/lib/machine-learning-workspace';
import { Construct } from 'constructs';
import { azurerm } from '../../terraform/bindings/azurerm.js';
import type { AzureServingProps, AzureSubnet } from '../props.js';
import { clientConfig, globalName, groupName } from './names.js';
import type { Placement } from './placement.js';
import { Registry } from './registry.js';
import { SecureStorage } from './secure-storage.js';
import type { Telemetry } from './telemetry.js';

const WORKSPACE_NAME_LENGTH = 33;
const VAULT_NAME_LENGTH = 24;

/** What a workspace takes of the endpoint's props. */
export interface MlWorkspaceProps extends AzureServingProps {
  readonly privateSubnet?: AzureSubnet;
  readonly privateDnsZoneIds?: string[];
}

/** An Azure ML workspace with what it cannot be without. */
export class MlWorkspace extends Construct {
  readonly workspace: MachineLearningWorkspace;
  readonly vault: KeyVault;
  readonly registry: Registry;
  readonly storage: SecureStorage;

  constructor(scope: Construct, id: string, placement: Placement, telemetry: Telemetry, props: MlWorkspaceProps) {
    super(scope, id);
    const { privateSubnet, privateDnsZoneIds } = props;
    // Azure ML itself reaches its account by keys; what we serve lies in another that has none.
    this.storage = new SecureStorage(this, 'Storage', placement, props, { sharedKeys: true });
    this.vault = new azurerm.KeyVault(this, 'Vault', {
      ...placement.common,
      name: globalName(scope, VAULT_NAME_LENGTH, true),
      tenantId: clientConfig(this).tenantId,
      skuName: 'standard',
      rbacAuthorizationEnabled: true,
      purgeProtectionEnabled: true,
      softDeleteRetentionDays: 90,
      ...(privateSubnet
        ? {
            publicNetworkAccessEnabled: false,
            networkAcls: {
              bypass: 'AzureServices',
              defaultAction: 'Deny',
              virtualNetworkSubnetIds: [privateSubnet.id],
            },
          }
        : {}),
    });
    this.registry = new Registry(this, 'Registry', placement, privateSubnet !== undefined);
    this.workspace = new azurerm.MachineLearningWorkspace(this, 'Resource', {
      ...placement.common,
      name: groupName(scope, WORKSPACE_NAME_LENGTH),
      storageAccountId: this.storage.account.id,
      keyVaultId: this.vault.id,
      containerRegistryId: this.registry.registry.id,
      applicationInsightsId: telemetry.insights.id,
      identity: { type: 'SystemAssigned' },
      publicNetworkAccessEnabled: privateSubnet === undefined,
      managedNetwork: { isolationMode: privateSubnet ? 'AllowOnlyApprovedOutbound' : 'AllowInternetOutbound' },
    });
    if (privateSubnet) {
      new azurerm.PrivateEndpoint(this, 'PrivateEndpoint', {
        ...placement.common,
        name: groupName(scope, WORKSPACE_NAME_LENGTH),
        subnetId: privateSubnet.id,
        privateServiceConnection: {
          name: 'workspace',
          privateConnectionResourceId: this.workspace.id,
          subresourceNames: ['amlworkspace'],
          isManualConnection: false,
        },
        ...(privateDnsZoneIds ? { privateDnsZoneGroup: { name: 'workspace', privateDnsZoneIds } } : {}),
      });
    }
  }
}
