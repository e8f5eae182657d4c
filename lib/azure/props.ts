import type { ServingProps } from '../serving/props.js';

/** A resource group. What `@cdktf/provider-azurerm` makes or reads fits. */
export interface AzureResourceGroup {
  readonly id: string;
  readonly name: string;
  readonly location: string;
}

/** A subnet. What `@cdktf/provider-azurerm` makes or reads fits. */
export interface AzureSubnet {
  readonly id: string;
  /** The delegations of a subnet that the same stack makes, for the check at synth. */
  readonly delegationInput?: unknown;
}

/** A container registry. What `@cdktf/provider-azurerm` makes or reads fits. */
export interface AzureRegistry {
  readonly id: string;
  /** Host that images are pulled from: `name.azurecr.io`. */
  readonly loginServer: string;
}

/** A key in a vault. What `@cdktf/provider-azurerm` makes or reads as a Key Vault key fits. */
export interface AzureKey {
  /** URL of the key with its version, which Azure ML wants for a workspace. @default - none */
  readonly id?: string;
  /** URL of the key without a version, so that it can rotate. */
  readonly versionlessId: string;
  /** Its resource id without a version, on which roles are assigned. */
  readonly resourceVersionlessId: string;
}

/** What every construct on Azure takes. */
export interface AzureServingProps extends ServingProps {
  /** Where everything is put. @default - one is made in `location`, named after the construct */
  readonly resourceGroup?: AzureResourceGroup;

  /** Azure region, such as `westeurope`. Needed without `resourceGroup`. @default - the resource group's */
  readonly location?: string;

  /**
   * Customer-managed key of what is made and holds the model: storage accounts, container registries (of the Premium
   * tier then), disks of AKS nodes, and the Azure ML workspace. Its vault needs purge protection and Azure roles.
   *
   * @default - keys that Microsoft manages
   */
  readonly encryptionKey?: AzureKey;

  /**
   * Subnet for private endpoints of the storage with the model. The internet then reaches it no more: whoever applies
   * must be in the network, to upload the model, and what serves too, by a subnet of its own.
   *
   * @default - storage is reached from anywhere, with an identity
   */
  readonly privateSubnet?: AzureSubnet;

  /**
   * Ids of the private DNS zones that private endpoints write their addresses into, by the zones' names, such as
   * `privatelink.blob.core.windows.net`. Needs `privateSubnet`.
   *
   * @default - your own DNS resolves the names
   */
  readonly privateDnsZones?: { [zone: string]: string };

  /**
   * Object ids in Microsoft Entra ID of those who apply the stack: users, groups or service principals, the one that
   * applies it first among them, itself or by a group. They get the roles that Terraform needs to upload files, to reach
   * a cluster that is created, and to write secrets. Set it if a person and a pipeline apply the same stack.
   *
   * @default - the identity that applies the stack, so that another one cannot plan it
   */
  readonly deployers?: string[];

  /**
   * Copies that Azure keeps of the storage with the model.
   *
   * @default - `ZRS`, in three zones of the region; `LRS` in regions without availability zones
   */
  readonly storageReplication?: 'LRS' | 'ZRS' | 'GRS' | 'RAGRS' | 'GZRS' | 'RAGZRS';

  /** Ids of action groups that hear of alarms. @default - alarms are shown in Azure Monitor and told to nobody */
  readonly alarmActions?: string[];

  /** Tags of everything that can carry them. @default - none */
  readonly tags?: { [name: string]: string };
}
