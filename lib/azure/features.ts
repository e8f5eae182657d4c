import type { AzurermProviderFeatures } from '@cdktf/provider-azurerm/lib/provider';

/**
 * Value of `features` for the `AzurermProvider` of a stack that serves models. `terraform destroy` then removes
 * everything, and a later apply starts clean:
 *
 * - Storage behind private endpoints is created without a connectivity test, which would fail from outside the network.
 * - Application Insights is created without the alert rule and the action group that Azure adds outside the state.
 * - A resource group is deleted together with resources that Azure added to it.
 * - An Azure ML workspace is deleted permanently, instead of being kept under its name for 14 days.
 *
 * @example
 * ```ts
 * import { AzurermProvider } from '@cdktf/provider-azurerm/lib/provider';
 * import { AZURERM_FEATURES } from 'modelship/azure';
 *
 * new AzurermProvider(stack, 'azurerm', { features: AZURERM_FEATURES, storageUseAzuread: true });
 * ```
 */
export const AZURERM_FEATURES: AzurermProviderFeatures[] = [
  {
    storage: [{ dataPlaneAvailable: false }],
    applicationInsights: [{ disableGeneratedRule: true }],
    resourceGroup: [{ preventDeletionIfContainsResources: false }],
    machineLearning: [{ purgeSoftDeletedWorkspaceOnDestroy: true }],
  },
];

/**
 * Value of `resourceProvidersToRegister` for the `AzurermProvider` of a stack that serves models: the resource providers of
 * the services that the constructs use. azurerm 4 registers only some of them in a new subscription, and azurerm 5 none.
 *
 * @example
 * ```ts
 * import { AzurermProvider } from '@cdktf/provider-azurerm/lib/provider';
 * import { AZURE_RESOURCE_PROVIDERS, AZURERM_FEATURES } from 'modelship/azure';
 *
 * new AzurermProvider(stack, 'azurerm', {
 *   features: AZURERM_FEATURES,
 *   storageUseAzuread: true,
 *   resourceProvidersToRegister: AZURE_RESOURCE_PROVIDERS,
 * });
 * ```
 */
export const AZURE_RESOURCE_PROVIDERS: string[] = [
  'Microsoft.AlertsManagement',
  'Microsoft.ApiManagement',
  'Microsoft.App',
  'Microsoft.Cdn',
  'Microsoft.ContainerRegistry',
  'Microsoft.ContainerService',
  'Microsoft.Insights',
  'Microsoft.KeyVault',
  'Microsoft.MachineLearningServices',
  'Microsoft.ManagedIdentity',
  'Microsoft.Monitor',
  'Microsoft.Network',
  'Microsoft.OperationalInsights',
  'Microsoft.Storage',
  'Microsoft.Web',
];
