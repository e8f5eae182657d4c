import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { type App, TerraformStack } from 'cdktf';
import { ContainerModel } from '../../lib/gcp/container-model.js';
import { ManagedEndpointModel } from '../../lib/gcp/managed-endpoint-model.js';
import { ServerlessModel } from '../../lib/gcp/serverless-model.js';
import type { AppContext, CreateStacks } from './context.js';
import { output, outputEndpoint } from './outputs.js';

const DEFAULT_REGION = 'europe-west4';

/** Targets by the name of their stack, without the cloud. */
const TARGETS: Readonly<Record<string, CreateStacks>> = {
  serverless,
  container,
  'managed-endpoint': managedEndpoint,
};

/** Creates one stack per target on Google Cloud. */
export const googleStacks: CreateStacks = (app, context) => {
  for (const create of context.targets(TARGETS)) create(app, context);
};

function googleStack(app: App, id: string, context: AppContext) {
  const stack = new TerraformStack(app, id);
  const region = context.text('region') ?? DEFAULT_REGION;
  const project = context.text('project');
  context.configureBackend(stack);
  new GoogleProvider(stack, 'google', { region, project });
  return { stack, props: { model: context.model, region, project, image: context.image } };
}

function serverless(app: App, context: AppContext): void {
  const { stack, props } = googleStack(app, 'google-serverless', context);
  const endpoint = new ServerlessModel(stack, 'Model', props);
  outputEndpoint(stack, endpoint);
  output(stack, 'revision', endpoint.revision);
}

function container(app: App, context: AppContext): void {
  const { stack, props } = googleStack(app, 'google-container', context);
  const endpoint = new ContainerModel(stack, 'Model', props);
  outputEndpoint(stack, endpoint);
}

function managedEndpoint(app: App, context: AppContext): void {
  const { stack, props } = googleStack(app, 'google-managed-endpoint', context);
  const endpoint = new ManagedEndpointModel(stack, 'Model', props);
  outputEndpoint(stack, endpoint);
}
