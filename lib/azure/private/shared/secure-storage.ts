import type { StorageAccount, StorageAccountConfig } from '@cdktf/provider-azurerm/lib/storage-account';
import type { StorageBlob, StorageBlobConfig } from '@cdktf/provider-azurerm/lib/storage-blob';
import type { StorageContainer } from '@cdktf/provider-azurerm/lib/storage-container';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { AzureServingProps } from '../../props.js';
import { keyIdentity } from './key-identity.js';
import { REGIONS_WITHOUT_ZONES } from './limits.js';
import { globalName } from './names.js';
import type { Placement } from './placement.js';
import { privateEndpoint } from './private-endpoint.js';
import { hasFeature, requireProvider, writeForAzurerm5 } from './provider.js';
import { assignRoleToDeployers } from './roles.js';

/**
 * Maximum length of a storage account name:
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */
const ACCOUNT_NAME_LENGTH = 24;

/** Deviations from the most secure settings of an account. */
export interface SecureStorageOptions {
  /** Whether account keys can be used. Only for a service that supports no other authentication. @default false */
  readonly sharedKeys?: boolean;
  /** Whether the account is reachable from the internet even if a private subnet is given. @default false */
  readonly isPublic?: boolean;
  /** Whether the service that uses the account stores file shares in addition to blobs. @default false */
  readonly hasFiles?: boolean;
}

interface SecureStorageProps {
  readonly placement: Placement;
  readonly props: AzureServingProps;
  readonly options?: SecureStorageOptions;
}

/** Storage account without public blobs and with TLS 1.2 and soft delete. Account keys are disabled by default. */
export class SecureStorage extends Construct {
  readonly account: StorageAccount;
  /** Resources to create before any read or write: the private endpoints, if any. */
  readonly reachable: readonly ITerraformDependable[];

  private uploader?: ITerraformDependable;

  private readonly props: AzureServingProps;

  constructor(scope: Construct, id: string, { placement, props, options = {} }: SecureStorageProps) {
    super(scope, id);
    this.props = props;
    this.account = new azurerm.StorageAccount(this, 'Account', {
      ...placement.common,
      name: globalName(this, placement, ACCOUNT_NAME_LENGTH, false),
      accountKind: 'StorageV2',
      accountTier: 'Standard',
      accountReplicationType: props.storageReplication ?? (hasZones(placement) ? 'ZRS' : 'LRS'),
      minTlsVersion: 'TLS1_2',
      httpsTrafficOnlyEnabled: true,
      allowNestedItemsToBePublic: false,
      sharedAccessKeyEnabled: options.sharedKeys ?? false,
      defaultToOauthAuthentication: true,
      localUserEnabled: false,
      crossTenantReplicationEnabled: false,
      infrastructureEncryptionEnabled: true,
      allowedCopyScope: 'AAD',
      blobProperties: {
        versioningEnabled: true,
        deleteRetentionPolicy: { days: 7 },
        containerDeleteRetentionPolicy: { days: 7 },
      },
      ...(props.privateSubnet && !options.isPublic ? { publicNetworkAccessEnabled: false } : {}),
      ...this.encryption(placement, props),
    });
    const subresources = options.isPublic ? [] : (['blob', ...(options.hasFiles ? (['file'] as const) : [])] as const);
    this.reachable = subresources.flatMap((kind) => privateEndpoint(this, placement, props, this.account.id, kind));
    if (!options.sharedKeys) {
      requireProvider(this, ({ storageUseAzureadInput }) =>
        storageUseAzureadInput
          ? undefined
          : `uploads with account keys, which ${this.node.path} disables; set storageUseAzuread: true`,
      );
    }
    if (props.privateSubnet && !options.isPublic) {
      requireProvider(this, (provider) =>
        hasFeature(provider, 'storage', 'dataPlaneAvailable', false)
          ? undefined
          : `tests ${this.node.path} from outside its private network, and cannot; set features: AZURERM_FEATURES ` +
            'of modelship/azure, which has storage: [{ dataPlaneAvailable: false }]',
      );
    }
  }

  /**
   * Uploads a file to a container of the account. The deployers first get a role on the data, because the owner of an
   * account has none. Terraform uploads with an identity even if the account has keys.
   */
  upload(
    scope: Construct,
    id: string,
    container: StorageContainer,
    blob: Pick<StorageBlobConfig, 'name' | 'source' | 'lifecycle'>,
  ): StorageBlob {
    this.uploader ??= assignRoleToDeployers(
      this,
      'Uploader',
      this.account.id,
      'Storage Blob Data Contributor',
      this.props,
    );
    const uploaded = new azurerm.StorageBlob(scope, id, {
      ...blob,
      storageAccountName: this.account.name,
      storageContainerName: container.name,
      type: 'Block',
      dependsOn: [this.uploader, ...this.reachable],
    });
    return writeForAzurerm5(uploaded, {
      storage_account_name: undefined,
      storage_container_name: undefined,
      storage_container_id: container.id,
    });
  }

  private encryption(
    placement: Placement,
    { encryptionKey }: AzureServingProps,
  ): Pick<StorageAccountConfig, 'identity' | 'customerManagedKey' | 'dependsOn'> {
    if (!encryptionKey) return {};
    const { identity, ready } = keyIdentity(this, placement, encryptionKey);
    return {
      identity: { type: 'UserAssigned', identityIds: [identity.id] },
      customerManagedKey: { keyVaultKeyId: encryptionKey.versionlessId, userAssignedIdentityId: identity.id },
      dependsOn: [ready],
    };
  }
}

/** Whether the region has availability zones. A region that only Terraform knows is assumed to have them. */
function hasZones({ location }: Placement): boolean {
  return !REGIONS_WITHOUT_ZONES.includes(location);
}
