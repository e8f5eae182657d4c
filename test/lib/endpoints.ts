import { App, Stack } from 'aws-cdk-lib';
import { DefaultTokenResolver, StringConcat, type TerraformStack, Tokenization } from 'cdktf';
import * as aws from '../../lib/aws/index.js';
import * as azure from '../../lib/azure/index.js';
import * as gcp from '../../lib/gcp/index.js';
import type { ModelEndpoint } from '../../lib/serving/index.js';
import { minimal as onAws } from './aws/container-variants.js';
import { azureStack, IMAGE } from './azure/support.js';
import { googleStack, minimal as onGoogle, template } from './gcp/support.js';

/** An endpoint of one target, and a way to read what its members resolve to in the template. */
export interface Made<Endpoint extends ModelEndpoint = ModelEndpoint> {
  readonly endpoint: Endpoint;
  resolve(value: string): string;
}

// biome-ignore lint/suspicious/noExplicitAny: each target has props of its own
type Props = any;

function onStack<Endpoint extends ModelEndpoint>(make: (stack: Stack, props: Props) => Endpoint) {
  return (props: Props = {}): Made<Endpoint> => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'S', {
      env: { region: 'eu-west-1', account: '123456789012' },
    });
    const endpoint = make(stack, props);
    return { endpoint, resolve: (value) => joined(stack.resolve(value)) };
  };
}

/** The text of a resolved value, with references as `<Name>`. */
function joined(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument]] = Object.entries(value as object) as [[string, unknown]];
  if (name === 'Fn::Join') return (argument as [string, unknown[]])[1].map(joined).join('');
  if (name === 'Ref') return argument === 'AWS::URLSuffix' ? 'amazonaws.com' : `<${argument}>`;
  return `<${JSON.stringify(argument)}>`;
}

/** Text of a value in Terraform's JSON syntax. */
function inTerraform(scope: TerraformStack) {
  const resolver = new DefaultTokenResolver(new StringConcat());
  return (value: string): string => Tokenization.resolve(value, { scope, resolver, preparing: false });
}

const withAzure = { location: 'westeurope' };

/** The constructs, each with its least props. Azure has two hosts of one construct. */
export const ENDPOINTS = {
  Lambda: onStack((stack, props) => new aws.ServerlessModel(stack, 'Iris', { model: onAws.model, ...props })),
  ECS: onStack((stack, props) => new aws.ContainerModel(stack, 'Iris', { ...onAws, ...props })),
  SageMaker: onStack((stack, props) => new aws.ManagedEndpointModel(stack, 'Iris', { ...onAws, ...props })),
  Functions: (props: Props = {}) => {
    const stack = azureStack();
    const endpoint = new azure.ServerlessModel(stack, 'Iris', { model: onAws.model, ...withAzure, ...props });
    return { endpoint, stack, resolve: inTerraform(stack) };
  },
  'Container Apps': (props: Props = {}) => {
    const stack = azureStack();
    const host = azure.ServerlessHost.containerApps({ image: IMAGE });
    const endpoint = new azure.ServerlessModel(stack, 'Iris', { model: onAws.model, ...withAzure, host, ...props });
    return { endpoint, stack, resolve: inTerraform(stack) };
  },
  AKS: (props: Props = {}) => {
    const stack = azureStack();
    const endpoint = new azure.ContainerModel(stack, 'Iris', {
      model: onAws.model,
      image: IMAGE,
      ...withAzure,
      ...props,
    });
    return { endpoint, stack, resolve: inTerraform(stack) };
  },
  'Azure ML': (props: Props = {}) => {
    const stack = azureStack();
    const endpoint = new azure.ManagedEndpointModel(stack, 'Iris', {
      model: onAws.model,
      image: IMAGE,
      ...withAzure,
      ...props,
    });
    return { endpoint, stack, resolve: inTerraform(stack) };
  },
  'Cloud Run': (props: Props = {}) => {
    const stack = googleStack();
    const endpoint = new gcp.ServerlessModel(stack, 'Iris', { ...onGoogle, ...props });
    return { endpoint, stack, resolve: inTerraform(stack) };
  },
  GKE: (props: Props = {}) => {
    const stack = googleStack();
    const endpoint = new gcp.ContainerModel(stack, 'Iris', { ...onGoogle, ...props });
    return { endpoint, stack, resolve: inTerraform(stack) };
  },
  'Vertex AI': (props: Props = {}) => {
    const stack = googleStack();
    const endpoint = new gcp.ManagedEndpointModel(stack, 'Iris', { ...onGoogle, ...props });
    return { endpoint, stack, resolve: inTerraform(stack) };
  },
} satisfies Record<string, (props?: Props) => Made>;

/** The synthesized template of a Terraform stack, as the judges of schemas read it. */
export function synthesized(stack: TerraformStack) {
  return { json: template(stack) };
}
