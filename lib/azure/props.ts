import type { TerraformProvider } from 'cdktf';
import type { ServingProps } from '../serving/props.js';
import type { WebAcl } from './web-acl.js';

/** Resource group: a resource or a data source of `@cdktf/provider-azurerm`, or any object of this shape. */
export interface AzureResourceGroup {
  readonly id: string;
  readonly name: string;
  readonly location: string;
}

/** Subnet: a resource or a data source of `@cdktf/provider-azurerm`, or any object of this shape. */
export interface AzureSubnet {
  readonly id: string;
  /** Delegations of a subnet defined in the same stack, checked at synth. */
  readonly delegationInput?: unknown;
}

/** Container registry: a resource or a data source of `@cdktf/provider-azurerm`, or any object of this shape. */
export interface AzureRegistry {
  readonly id: string;
  /** Host name to pull images from, such as `name.azurecr.io`. */
  readonly loginServer: string;
}

/** Key Vault key: a resource or a data source of `@cdktf/provider-azurerm`, or any object of this shape. */
export interface AzureKey {
  /** URL of the key with its version, which an Azure ML workspace requires. @default - none */
  readonly id?: string;
  /** URL of the key without a version, so that the key can rotate. */
  readonly versionlessId: string;
  /** Azure resource id of the key without a version, used as the scope of role assignments. */
  readonly resourceVersionlessId: string;
}

/** Key Vault secret: a resource or a data source of `@cdktf/provider-azurerm`, or any object of this shape. */
export interface AzureSecret {
  /** URL of the secret without a version, so that it can rotate: `https://<vault>.vault.azure.net/secrets/<name>`. */
  readonly versionlessId: string;
  /** Azure resource id of the secret without a version, used as the scope of role assignments. */
  readonly resourceVersionlessId: string;
}

/** Container of blobs: a resource of `@cdktf/provider-azurerm`, or any object of this shape. */
export interface AzureBlobContainer {
  /**
   * Azure resource id, such as `/subscriptions/…/storageAccounts/rows/blobServices/default/containers/files`. A container in
   * the same stack has it if its storage account is given by `storageAccountId`.
   */
  readonly id: string;
}

/** Props shared by all constructs on Azure. */
export interface AzureServingProps extends ServingProps {
  /**
   * Providers of all resources, to deploy to another subscription or tenant than the rest of the stack: an
   * `AzurermProvider` with an alias, and for another tenant also providers `azapi` and `azuread`.
   *
   * @default - the stack's providers without an alias
   */
  readonly providers?: TerraformProvider[];

  /** Resource group of all resources. @default - a new one in `location`, named after the construct */
  readonly resourceGroup?: AzureResourceGroup;

  /** Azure region, such as `westeurope`. Required without `resourceGroup`. @default - the resource group's region */
  readonly location?: string;

  /**
   * Customer-managed key that encrypts the new resources that hold the model: storage accounts, container registries,
   * disks of AKS nodes, and the Azure ML workspace. Registries then use the Premium tier. The vault of the key needs
   * purge protection and Azure RBAC.
   *
   * @default - keys managed by Microsoft
   */
  readonly encryptionKey?: AzureKey;

  /**
   * Subnet for private endpoints of the storage account with the model, which then has no public network access.
   * Terraform must run inside the network to upload the model. The serving compute needs another subnet of the network;
   * Azure ML instances use the workspace's managed network instead.
   *
   * @default - storage is reachable from the internet by authorized identities
   */
  readonly privateSubnet?: AzureSubnet;

  /**
   * Ids of the private DNS zones in which private endpoints register their addresses. Keys are zone names, such as
   * `privatelink.blob.core.windows.net`. Requires `privateSubnet`.
   *
   * @default - your own DNS resolves the names
   */
  readonly privateDnsZones?: { [zone: string]: string };

  /**
   * Object ids in Microsoft Entra ID of the users, groups or service principals that apply the stack. The list must
   * include the identity of the first apply, directly or through a group. Deployers get the roles that Terraform needs
   * to upload files, to access a new cluster, and to write secrets. Set it if both a person and a pipeline apply the
   * stack.
   *
   * @default - the identity that applies the stack, so that no other identity can plan it
   */
  readonly deployers?: string[];

  /**
   * Redundancy of the storage account with the model.
   *
   * @default - `ZRS`, in three zones of the region; `LRS` in regions without availability zones
   */
  readonly storageReplication?: 'LRS' | 'ZRS' | 'GRS' | 'RAGRS' | 'GZRS' | 'RAGZRS';

  /** Ids of the action groups that alerts notify. @default - alerts appear in Azure Monitor without a notification */
  readonly alarmActions?: string[];

  /** Tags of all resources that support them. @default - none */
  readonly tags?: { [name: string]: string };
}

/** Props that place the resources of a construct, and that encrypt, tag and watch them. */
export type AzurePlacementProps = Pick<
  AzureServingProps,
  | 'providers'
  | 'resourceGroup'
  | 'location'
  | 'encryptionKey'
  | 'privateSubnet'
  | 'privateDnsZones'
  | 'deployers'
  | 'storageReplication'
  | 'logRetentionDays'
  | 'alarmActions'
  | 'tags'
>;

/** Props that both hosts of a `ServerlessModel` take. */
export interface AzureServerlessProps extends AzureServingProps {
  /**
   * Key Vault secrets that become environment variables, by the name of the variable. The identity of the app may read
   * these secrets and no others. The vault needs Azure RBAC.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: AzureSecret };

  /**
   * Domain name of the model, such as `iris.example.com`, on Functions. Azure Front Door serves it with TLS, with a
   * certificate that it renews. On Container Apps, create a `ContainerAppCustomDomain` of azurerm for the app instead.
   *
   * @default - none: the model has a host name of Azure
   */
  readonly domainName?: string;

  /** Web application firewall in front of the model, on Functions. @default - none */
  readonly webAcl?: WebAcl;
}
