import type { AzurermProviderFeatures } from '@cdktf/provider-azurerm/lib/provider';

/**
 * Value of `features` of an `AzurermProvider` whose stack serves models, so that `terraform destroy` removes everything
 * and a later apply starts afresh:
 *
 * - Storage behind private endpoints is created without a test from outside, which would fail.
 * - Application Insights comes without the alert rule and the action group that Azure adds outside the state.
 * - A resource group is deleted with what Azure has added to it.
 * - A workspace of Azure ML is deleted for good, not kept under its name for 14 days.
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
