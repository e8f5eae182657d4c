import { AzurermProvider } from '@cdktf/provider-azurerm/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import { test } from 'vitest';
import {
  AZURE_RESOURCE_PROVIDERS,
  AZURERM_FEATURES,
  ManagedEndpointModel,
  ServerlessHost,
  ServerlessModel,
} from '../../lib/azure/index.js';
import { CLOUD_TIMEOUT, deployToCloud, setting } from './cloud.js';
import { describeOnRequest } from './on-request.js';

const location = process.env.AZURE_LOCATION ?? 'westeurope';

function stack(): TerraformStack {
  const subscriptionId = setting('ARM_SUBSCRIPTION_ID', 'a subscription in which you may create everything');
  const made = new TerraformStack(Testing.app({ context: { 'modelship:namePrefix': 'integ' } }), 'integ');
  new AzurermProvider(made, 'azurerm', {
    features: AZURERM_FEATURES,
    storageUseAzuread: true,
    resourceProvidersToRegister: AZURE_RESOURCE_PROVIDERS,
    subscriptionId,
  });
  return made;
}

const caller = () => setting('AZURE_CALLER', 'the object id of your login of the Azure CLI');

describeOnRequest('azure', () => {
  test.each([
    ['Functions', () => ServerlessHost.functionsFlexConsumption()],
    // Container Apps deploy a name of a revision once, so the return to the first model needs another name.
    ['Container Apps', (step: string) => ServerlessHost.containerApps({ versionSalt: step })],
  ])('%s predict, are updated and are removed', { timeout: CLOUD_TIMEOUT }, (name, host) =>
    deployToCloud(name, stack, (scope, model, step) => {
      const endpoint = new ServerlessModel(scope, 'Iris', { model, location, host: host(step) });
      endpoint.grantInvoke('Caller', caller());
      return endpoint;
    }),
  );

  test('an endpoint of Azure ML predicts, is updated and is removed', { timeout: CLOUD_TIMEOUT }, () =>
    deployToCloud('Azure ML', stack, (scope, model) => {
      const endpoint = new ManagedEndpointModel(scope, 'Iris', { model, location });
      endpoint.grantInvoke('Caller', caller());
      return endpoint;
    }),
  );
});
