import { AzurermProvider } from '@cdktf/provider-azurerm/lib/provider';
import { type App, TerraformStack } from 'cdktf';
import { ContainerModel } from '../../lib/azure/container-model.js';
import { AZURERM_FEATURES } from '../../lib/azure/features.js';
import { ServerlessHost } from '../../lib/azure/host.js';
import { ManagedEndpointModel } from '../../lib/azure/managed-endpoint-model.js';
import { ServerlessModel } from '../../lib/azure/serverless-model.js';
import type { AppContext, CreateStacks } from './context.js';
import { output, outputEndpoint } from './outputs.js';

const DEFAULT_LOCATION = 'westeurope';

/** Targets by the name of their stack, without the cloud. */
const TARGETS: Readonly<Record<string, CreateStacks>> = {
  serverless: functions,
  'container-apps': containerApps,
  container: containers,
  'managed-endpoint': managedEndpoint,
};

/** Creates one stack per target on Azure, and two for `ServerlessModel`. */
export const azureStacks: CreateStacks = (app, context) => {
  for (const create of context.targets(TARGETS)) create(app, context);
};

function azureStack(app: App, id: string, context: AppContext) {
  const stack = new TerraformStack(app, id);
  context.configureBackend(stack);
  new AzurermProvider(stack, 'azurerm', {
    features: AZURERM_FEATURES,
    subscriptionId: context.text('subscription'),
    // The storage accounts of the stacks have no shared keys, so Terraform authenticates with Entra ID.
    storageUseAzuread: true,
  });
  return { stack, props: { model: context.model, location: context.text('location') ?? DEFAULT_LOCATION } };
}

function functions(app: App, context: AppContext): void {
  const { stack, props } = azureStack(app, 'azure-serverless', context);
  outputEndpoint(stack, new ServerlessModel(stack, 'Model', props));
}

function containerApps(app: App, context: AppContext): void {
  const { stack, props } = azureStack(app, 'azure-container-apps', context);
  const host = ServerlessHost.containerApps({ image: context.image });
  const endpoint = new ServerlessModel(stack, 'Model', { ...props, host });
  outputEndpoint(stack, endpoint);
  output(stack, 'revision', endpoint.containerApp!.revision);
}

function containers(app: App, context: AppContext): void {
  const { stack, props } = azureStack(app, 'azure-container', context);
  const endpoint = new ContainerModel(stack, 'Model', { ...props, image: context.image });
  outputEndpoint(stack, endpoint);
}

function managedEndpoint(app: App, context: AppContext): void {
  const { stack, props } = azureStack(app, 'azure-managed-endpoint', context);
  const endpoint = new ManagedEndpointModel(stack, 'Model', { ...props, image: context.image });
  outputEndpoint(stack, endpoint);
}
