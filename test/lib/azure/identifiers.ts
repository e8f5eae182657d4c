/** Identifiers in the form that Azure gives them. */
const SUBSCRIPTION = '/subscriptions/00000000-0000-4000-8000-000000000000';
const IN_GROUP = `${SUBSCRIPTION}/resourceGroups/shared/providers`;

export const RESOURCE_GROUP_ID = `${SUBSCRIPTION}/resourceGroups/given`;
export const ACTION_GROUP_ID = `${IN_GROUP}/Microsoft.Insights/actionGroups/oncall`;
export const CLUSTER_ID = `${IN_GROUP}/Microsoft.ContainerService/managedClusters/given`;
export const WORKSPACE_ID = `${IN_GROUP}/Microsoft.MachineLearningServices/workspaces/given`;
export const CONTAINER_ID = `${IN_GROUP}/Microsoft.Storage/storageAccounts/rows/blobServices/default/containers/files`;
export const PRINCIPAL_ID = '11111111-1111-4111-8111-111111111111';
export const DEPLOYER_ID = '22222222-2222-4222-8222-222222222222';
export const OTHER_DEPLOYER_ID = '33333333-3333-4333-8333-333333333333';

export function subnetId(name: string): string {
  return `${IN_GROUP}/Microsoft.Network/virtualNetworks/network/subnets/${name}`;
}

export function zoneId(zone: string): string {
  return `${IN_GROUP}/Microsoft.Network/privateDnsZones/${zone}`;
}

/** A container registry that exists. */
export const REGISTRY = {
  id: `${IN_GROUP}/Microsoft.ContainerRegistry/registries/registry`,
  loginServer: 'registry.azurecr.io',
};

/** A key in a vault, as azurerm has it. */
export const KEY = {
  id: 'https://vault.vault.azure.net/keys/key/0123456789abcdef0123456789abcdef',
  versionlessId: 'https://vault.vault.azure.net/keys/key',
  resourceVersionlessId: `${IN_GROUP}/Microsoft.KeyVault/vaults/vault/keys/key`,
};

/** A secret in a key vault. */
export const SECRET = {
  versionlessId: 'https://vault.vault.azure.net/secrets/hub-token',
  resourceVersionlessId: `${IN_GROUP}/Microsoft.KeyVault/vaults/vault/secrets/hub-token`,
};
