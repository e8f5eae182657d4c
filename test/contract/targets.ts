import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TerraformAsset } from 'cdktf';
import * as aws from '../../lib/aws/index.js';
import * as azure from '../../lib/azure/index.js';
import * as gcp from '../../lib/gcp/index.js';
import type { Model } from '../../lib/model/model.js';
import { Access, ImageSource } from '../../lib/serving/index.js';
import { Template as AzureTemplate, azureStack, functionApp, IMAGE, type Resource } from '../lib/azure/support.js';
import { googleStack, minimal, only, type Template, template } from '../lib/gcp/support.js';
import { manifest } from '../lib/kubernetes/support.js';
import { freePort } from '../support/free-port.js';
import { restEvent } from './api-gateway.js';
import { Synthesized } from './aws-assets.js';
import { variables } from './google-host.js';
import { SynthesizedFunction } from './lambda-function.js';
import { LambdaEnvironment } from './lambda-interface.js';
import { StartedRuntime } from './started-runtime.js';

// The server of a model on each target, started with what the template says.

/** Content of a request and its type. Objects are sent as JSON. */
export type Body = object | { readonly bytes: Buffer; readonly type: string };

/** Sends a request, with POST if it has a body. */
export type Ask = (path: string, body?: Body) => Promise<{ readonly status: number; readonly text: string }>;

/** A server that is ready. */
export interface Target {
  readonly ask: Ask;
  /** The only path that the target lets through. @default - all */
  readonly onlyPath?: string;
  /** What the template has. @default - it is for Terraform */
  readonly synthesized?: Synthesized;
  stop(): Promise<unknown>;
}

const image = ImageSource.fromRegistry('123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:1');
const AZURE_WORKSPACES = 'Microsoft.MachineLearningServices/workspaces';

/** Starts the server with the variables of a template, and the package in place of what the host mounts or fetches. */
async function start(
  { directory }: Model,
  env: Readonly<Record<string, string>>,
  readyPath: string,
  onlyPath?: string,
): Promise<Target> {
  const port = await freePort();
  const runtime = new StartedRuntime({
    env: {
      ...env,
      MODELSHIP_MODEL: directory,
      MODELSHIP_PORT: `${port}`,
      MODELSHIP_METRICS_PORT: `${await freePort()}`,
    },
    port,
  });
  return ready(runtime, readyPath, onlyPath);
}

async function ready(runtime: StartedRuntime, readyPath: string, onlyPath?: string): Promise<Target> {
  const stop = () => runtime.stop();
  try {
    await runtime.until(readyPath);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ask: asking(runtime.url), stop, ...(onlyPath !== undefined && { onlyPath }) };
}

function encoded(body: Body): { readonly bytes: Buffer; readonly type: string } {
  return 'bytes' in body ? body : { bytes: Buffer.from(JSON.stringify(body)), type: 'application/json' };
}

function asking(url: string): Ask {
  return async (path, body) => {
    const content = body && encoded(body);
    const init = content && {
      method: 'POST',
      body: new Uint8Array(content.bytes),
      headers: { 'content-type': content.type },
    };
    const response = await fetch(url + path, init);
    return { status: response.status, text: await response.text() };
  };
}

/** Returns the variables of a container, with what is known only at apply left out. */
function azureVariables(container: Resource): Record<string, string> {
  const known = container.env.filter(({ value }: Resource) => typeof value === 'string' && !value.includes('${'));
  return variables(known);
}

/** Starts a function behind a REST API, which passes bodies of binary types as base64. */
async function lambda(model: Model): Promise<Target> {
  const { handler, codeFolder, environment, synthesized } = new SynthesizedFunction({ model });
  const host = new LambdaEnvironment({ handler, codeFolder, environment });
  await host.start();
  const binaryTypes: readonly string[] = synthesized.only('AWS::ApiGateway::RestApi').BinaryMediaTypes;
  const ask: Ask = async (path, body) => {
    const { bytes, type } = body ? encoded(body) : { bytes: Buffer.alloc(0), type: '' };
    const isBinary = binaryTypes.includes(type.split(';')[0]!);
    const event = restEvent(
      body ? 'POST' : 'GET',
      path,
      body ? { 'content-type': type } : {},
      body ? bytes.toString(isBinary ? 'base64' : 'utf8') : null,
    );
    const answer = await host.stream({ ...event, isBase64Encoded: isBinary });
    return { status: answer.statusCode, text: answer.body.toString() };
  };
  return { ask, synthesized, stop: () => host.stop() };
}

/** Targets by what runs the server on them. */
export const TARGETS: Readonly<Record<string, (model: Model) => Promise<Target>>> = {
  'a function behind a REST API': lambda,

  'a task on ECS': (model) => {
    const synthesized = new Synthesized((stack) => {
      new aws.ContainerModel(stack, 'Model', { model, image });
    });
    const [{ Environment: env }] = synthesized.only('AWS::ECS::TaskDefinition').ContainerDefinitions;
    const named = env.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, synthesized.resolve(Value)]);
    const { HealthCheckPath: path } = synthesized.only('AWS::ElasticLoadBalancingV2::TargetGroup');
    return start(model, Object.fromEntries(named), path);
  },

  'a container on SageMaker': (model) => {
    const synthesized = new Synthesized((stack) => {
      new aws.ManagedEndpointModel(stack, 'Model', { model, image });
    });
    const { Environment: env } = synthesized.only('AWS::SageMaker::Model').PrimaryContainer;
    return start(model, env, '/ping', '/invocations');
  },

  'a function app': async (model) => {
    const stack = azureStack();
    new azure.ServerlessModel(stack, 'Model', { model, location: 'westeurope', access: Access.apiKey() });
    const { settings } = functionApp(new AzureTemplate(stack));
    const asset = stack.node.findAll().find(({ node }) => node.path.endsWith('Functions/Package')) as TerraformAsset;
    const folder = (asset as unknown as { sourcePath: string }).sourcePath;
    const { customHandler, extensions } = JSON.parse(readFileSync(join(folder, 'host.json'), 'utf8'));
    // The host forwards every path.
    if (extensions.http.routePrefix !== '' || !customHandler.enableForwardingHttpRequest) {
      throw new Error('the host does not forward every path');
    }
    const port = await freePort();
    const { defaultExecutablePath: executable, arguments: parameters } = customHandler.description;
    const runtime = new StartedRuntime({
      command: [executable, ...parameters],
      cwd: folder,
      env: { ...settings, FUNCTIONS_CUSTOMHANDLER_PORT: `${port}` },
      port,
    });
    return ready(runtime, '/v2/health/ready');
  },

  'a replica on Container Apps': (model) => {
    const stack = azureStack();
    const host = azure.ServerlessHost.containerApps({ image: IMAGE });
    const access = Access.anonymous();
    new azure.ServerlessModel(stack, 'Model', { model, location: 'westeurope', host, access });
    const [container] = new AzureTemplate(stack).one('azurerm_container_app').template.container;
    return start(model, azureVariables(container), container.readiness_probe[0].path);
  },

  'a pod on AKS': (model) => {
    const stack = azureStack();
    const access = Access.anonymous();
    new azure.ContainerModel(stack, 'Model', { model, image: IMAGE, location: 'westeurope', access });
    const [container] = new AzureTemplate(stack).one('kubernetes_deployment_v1').spec.template.spec.container;
    return start(model, azureVariables(container), container.readiness_probe.http_get.path);
  },

  'an instance of Azure ML': (model) => {
    const stack = azureStack();
    new azure.ManagedEndpointModel(stack, 'Model', { model, image: IMAGE, location: 'westeurope' });
    const from = new AzureTemplate(stack);
    const routes = from.arm(`${AZURE_WORKSPACES}/environments/versions`)[0]!.body.properties.inferenceConfig;
    const { environmentVariables } = from.arm(`${AZURE_WORKSPACES}/onlineEndpoints/deployments`)[0]!.body.properties;
    return start(model, environmentVariables, routes.readinessRoute.path, routes.scoringRoute.path);
  },

  'an instance on Cloud Run': (model) => {
    const stack = googleStack();
    new gcp.ServerlessModel(stack, 'Model', { ...minimal, model });
    const [container] = only(template(stack), 'google_cloud_run_v2_service').template.containers;
    return start(model, variables(container.env), container.startup_probe.http_get.path);
  },

  'a pod on GKE': (model) => {
    const stack = googleStack();
    new gcp.ContainerModel(stack, 'Model', { ...minimal, model });
    const deployment = manifest('Deployment', 'apps/v1', only(template(stack), 'kubernetes_deployment_v1'));
    const [container] = deployment.spec.template.spec.containers;
    return start(model, variables(container.env), container.readinessProbe.httpGet.path);
  },

  'a replica on Vertex AI': (model) => {
    const stack = googleStack();
    new gcp.ManagedEndpointModel(stack, 'Model', { ...minimal, model, dedicated: false });
    const calls = Object.values<Template>(template(stack).resource.restful_operation);
    const { containerSpec } = calls.find(({ path }) => path.endsWith('/models:upload')).body.model;
    const { env, healthRoute, predictRoute } = containerSpec;
    const routes = { AIP_HEALTH_ROUTE: healthRoute, AIP_PREDICT_ROUTE: predictRoute };
    return start(model, { ...variables(env), ...routes }, healthRoute, predictRoute);
  },
};
