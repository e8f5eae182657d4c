import { AzurermProvider } from '@cdktf/provider-azurerm/lib/provider';
import { type App, TerraformOutput, TerraformStack } from 'cdktf';
import { ContainerModel } from '../../lib/azure/container-model.js';
import { AZURERM_FEATURES } from '../../lib/azure/features.js';
import { ServerlessHost } from '../../lib/azure/host.js';
import { ManagedEndpointModel } from '../../lib/azure/managed-endpoint-model.js';
import { ServerlessModel } from '../../lib/azure/serverless-model.js';
import type { AppContext } from './context.js';
import { predictCommand } from './predict-command.js';

const DEFAULT_LOCATION = 'westeurope';

/** Creates one stack per target on Azure, and two for `ServerlessModel`. */
export function azureStacks(app: App, context: AppContext): void {
  functions(app, context);
  containerApps(app, context);
  containers(app, context);
  managedEndpoint(app, context);
}

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

function output(stack: TerraformStack, name: string, value: string): void {
  new TerraformOutput(stack, name, { value, staticId: true });
}

/** Returns a command that prints an Entra ID token for an application or an Azure service. */
function tokenCommand(resource: string): string {
  return `az account get-access-token --resource ${resource} --query accessToken -o tsv`;
}

function outputServerless(
  stack: TerraformStack,
  endpoint: ServerlessModel | ContainerModel,
  context: AppContext,
): void {
  output(stack, 'url', endpoint.url);
  const token = tokenCommand(endpoint.entraApplication!.clientId);
  output(stack, 'predictCommand', predictCommand(endpoint.predictUrl, context.model, token));
}

function functions(app: App, context: AppContext): void {
  const { stack, props } = azureStack(app, 'azure-serverless', context);
  outputServerless(stack, new ServerlessModel(stack, 'Model', props), context);
}

function containerApps(app: App, context: AppContext): void {
  const { stack, props } = azureStack(app, 'azure-container-apps', context);
  const host = ServerlessHost.containerApps({ image: context.image });
  const endpoint = new ServerlessModel(stack, 'Model', { ...props, host });
  outputServerless(stack, endpoint, context);
  output(stack, 'revision', endpoint.containerApp!.revision);
}

function containers(app: App, context: AppContext): void {
  const { stack, props } = azureStack(app, 'azure-container', context);
  const endpoint = new ContainerModel(stack, 'Model', { ...props, image: context.image });
  outputServerless(stack, endpoint, context);
}

function managedEndpoint(app: App, context: AppContext): void {
  const { stack, props } = azureStack(app, 'azure-managed-endpoint', context);
  const endpoint = new ManagedEndpointModel(stack, 'Model', { ...props, image: context.image });
  output(stack, 'url', endpoint.url);
  output(stack, 'predictCommand', predictCommand(endpoint.url, context.model, tokenCommand('https://ml.azure.com')));
}
