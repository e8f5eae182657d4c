import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { TerraformAsset } from 'cdktf';
import { afterEach, expect, test } from 'vitest';
import * as aws from '../../lib/aws/index.js';
import * as azure from '../../lib/azure/index.js';
import * as gcp from '../../lib/gcp/index.js';
import { Model } from '../../lib/model/model.js';
import { Access, ImageSource } from '../../lib/serving/index.js';
import { Template as AzureTemplate, azureStack, functionApp, IMAGE, type Resource } from '../lib/azure/support.js';
import { googleStack, minimal, only, type Template, template } from '../lib/gcp/support.js';
import { manifest } from '../lib/kubernetes/support.js';
import { freePort } from '../support/free-port.js';
import { EMBEDDED, writeWordsPackage } from '../support/words-packages.js';
import { restEvent } from './api-gateway.js';
import { Synthesized } from './aws-assets.js';
import { variables } from './google-host.js';
import { SynthesizedFunction } from './lambda-function.js';
import { LambdaEnvironment } from './lambda-interface.js';
import { StartedRuntime } from './started-runtime.js';

// A model that reads texts, on each target: the server starts with what the template says, and responds to the clients
// of other servers on the routes that the target lets through.

const WORDS = Model.fromDirectory(writeWordsPackage('words_embed', { name: 'words' }));
const image = ImageSource.fromRegistry('123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:1');
const AZURE_WORKSPACES = 'Microsoft.MachineLearningServices/workspaces';

type Ask = (path: string, body?: object) => Promise<{ readonly status: number; readonly text: string }>;

let stop: () => Promise<unknown> = async () => {};
afterEach(() => stop());

/** Starts the server with the variables of a template, and the package in place of what the host mounts or fetches. */
async function start(
  env: Readonly<Record<string, string>>,
  readyPath: string,
  command?: readonly [string, ...string[]],
): Promise<Ask> {
  const port = await freePort();
  const runtime = new StartedRuntime({
    env: {
      ...env,
      MODELSHIP_MODEL: WORDS.directory,
      MODELSHIP_PORT: `${port}`,
      MODELSHIP_METRICS_PORT: `${await freePort()}`,
    },
    port,
    command,
  });
  stop = () => runtime.stop();
  await runtime.until(readyPath);
  return asking(runtime.url);
}

function asking(url: string): Ask {
  return async (path, body) => {
    const init = body && {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    };
    const response = await fetch(url + path, init);
    return { status: response.status, text: await response.text() };
  };
}

const close = (vectors: readonly (readonly number[])[]) =>
  vectors.map((vector) => vector.map((value) => expect.closeTo(value, 5)));

/** Fails unless the form of Hugging Face's inference API gets the vectors of the golden sample. */
async function expectInputs(ask: Ask, path: string): Promise<void> {
  const { status, text } = await ask(path, { inputs: EMBEDDED.texts, parameters: { truncate: true } });
  expect([status, JSON.parse(text)]).toEqual([200, close(EMBEDDED.vectors)]);
}

/** Fails unless every route for texts responds. */
async function expectRoutes(ask: Ask): Promise<void> {
  const json = async (path: string, body?: object) => {
    const { status, text } = await ask(path, body);
    expect([path, status, status === 200 ? '' : text]).toEqual([path, 200, '']);
    return JSON.parse(text);
  };
  await expectInputs(ask, '/');
  await expectInputs(ask, '/invocations');
  const [first] = close(EMBEDDED.vectors);
  const [text] = EMBEDDED.texts;
  expect(await json('/embed', { inputs: text })).toEqual([first]);
  expect(await json('/models/words/embed', { inputs: text })).toEqual([first]);
  expect(await json('/v1/embeddings', { input: text, model: 'any' })).toMatchObject({ data: [{ embedding: first }] });
  expect(await json('/similarity', { inputs: { source_sentence: text, sentences: [text] } })).toEqual([
    expect.closeTo(1, 5),
  ]);
  expect((await json('/embed_all', { inputs: text }))[0]).toHaveLength(6);
  expect((await json('/tokenize', { inputs: text }))[0]).toHaveLength(6);
  expect(await json('/decode', { ids: [4, 5, 6, 8] })).toEqual([text]);
  expect(await json('/info')).toMatchObject({ model_id: 'words', model_sha: WORDS.digest });
  expect(await json('/v1/models')).toMatchObject({ data: [{ id: 'words' }] });
  expect(await json('/v1/models/words:predict', { instances: [text] })).toEqual({ predictions: [first] });
  const inputs = [{ name: 'text', datatype: 'BYTES', shape: [1], data: [text] }];
  expect(await json('/v2/models/words/infer', { inputs })).toMatchObject({ outputs: [{ data: first }] });
}

test('a function behind a REST API', async () => {
  const { handler, codeFolder, environment, synthesized } = new SynthesizedFunction({ model: WORDS });
  const lambda = new LambdaEnvironment({ handler, codeFolder, environment });
  await lambda.start();
  stop = () => lambda.stop();
  await expectRoutes(async (path, body) => {
    const event = restEvent(body ? 'POST' : 'GET', path, {}, body ? JSON.stringify(body) : null);
    const { statusCode, body: answer } = await lambda.stream(event);
    return { status: statusCode, text: answer.toString() };
  });
  // API Gateway checks bodies on the routes of the model only, and lets texts through.
  const ajv = new Ajv({ strict: false });
  const [text] = EMBEDDED.texts;
  const bodies: Record<string, object> = {
    Predict: { instances: [text] },
    Infer: { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: [text] }] },
  };
  for (const { Schema: schema } of synthesized.all('AWS::ApiGateway::Model')) {
    const { $schema, ...rules } = schema;
    expect(ajv.validate(rules, bodies[rules.title]), ajv.errorsText()).toBe(true);
  }
  const checked = synthesized.all('AWS::ApiGateway::Method').filter(({ RequestModels: models }) => models);
  expect(checked).toHaveLength(2);
}, 900_000);

test('a task on ECS', async () => {
  const synthesized = new Synthesized((stack) => {
    new aws.ContainerModel(stack, 'Words', { model: WORDS, image });
  });
  const [{ Environment: env }] = synthesized.only('AWS::ECS::TaskDefinition').ContainerDefinitions;
  const named = env.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, synthesized.resolve(Value)]);
  const { HealthCheckPath: path } = synthesized.only('AWS::ElasticLoadBalancingV2::TargetGroup');
  await expectRoutes(await start(Object.fromEntries(named), path));
});

test('a container on SageMaker', async () => {
  const synthesized = new Synthesized((stack) => {
    new aws.ManagedEndpointModel(stack, 'Words', { model: WORDS, image });
  });
  const { Environment: env } = synthesized.only('AWS::SageMaker::Model').PrimaryContainer;
  await expectInputs(await start(env, '/ping'), '/invocations');
});

test('a function app', async () => {
  const stack = azureStack();
  new azure.ServerlessModel(stack, 'Words', { model: WORDS, location: 'westeurope', access: Access.apiKey() });
  const { settings } = functionApp(new AzureTemplate(stack));
  const asset = stack.node.findAll().find(({ node }) => node.path.endsWith('Functions/Package')) as TerraformAsset;
  const folder = (asset as unknown as { sourcePath: string }).sourcePath;
  const { customHandler, extensions } = JSON.parse(readFileSync(join(folder, 'host.json'), 'utf8'));
  // The host forwards every path.
  expect([extensions.http.routePrefix, customHandler.enableForwardingHttpRequest]).toEqual(['', true]);
  const port = await freePort();
  const { defaultExecutablePath: executable, arguments: parameters } = customHandler.description;
  const runtime = new StartedRuntime({
    command: [executable, ...parameters],
    cwd: folder,
    env: { ...settings, FUNCTIONS_CUSTOMHANDLER_PORT: `${port}` },
    port,
  });
  stop = () => runtime.stop();
  await runtime.until('/v2/health/ready');
  await expectRoutes(asking(runtime.url));
});

/** Returns the variables of a container, with what is known only at apply left out. */
function azureVariables(container: Resource): Record<string, string> {
  const known = container.env.filter(({ value }: Resource) => typeof value === 'string' && !value.includes('${'));
  return variables(known);
}

test('a replica on Container Apps', async () => {
  const stack = azureStack();
  const host = azure.ServerlessHost.containerApps({ image: IMAGE });
  new azure.ServerlessModel(stack, 'Words', { model: WORDS, location: 'westeurope', host, access: Access.anonymous() });
  const [container] = new AzureTemplate(stack).one('azurerm_container_app').template.container;
  await expectRoutes(await start(azureVariables(container), container.readiness_probe[0].path));
});

test('a pod on AKS', async () => {
  const stack = azureStack();
  const access = Access.anonymous();
  new azure.ContainerModel(stack, 'Words', { model: WORDS, image: IMAGE, location: 'westeurope', access });
  const [container] = new AzureTemplate(stack).one('kubernetes_deployment_v1').spec.template.spec.container;
  await expectRoutes(await start(azureVariables(container), container.readiness_probe.http_get.path));
});

test('an instance of Azure ML', async () => {
  const stack = azureStack();
  new azure.ManagedEndpointModel(stack, 'Words', { model: WORDS, image: IMAGE, location: 'westeurope' });
  const from = new AzureTemplate(stack);
  const routes = from.arm(`${AZURE_WORKSPACES}/environments/versions`)[0]!.body.properties.inferenceConfig;
  const { environmentVariables } = from.arm(`${AZURE_WORKSPACES}/onlineEndpoints/deployments`)[0]!.body.properties;
  const ask = await start(environmentVariables, routes.readinessRoute.path);
  await expectInputs(ask, routes.scoringRoute.path);
});

test('an instance on Cloud Run', async () => {
  const stack = googleStack();
  new gcp.ServerlessModel(stack, 'Words', { ...minimal, model: WORDS });
  const [container] = only(template(stack), 'google_cloud_run_v2_service').template.containers;
  await expectRoutes(await start(variables(container.env), container.startup_probe.http_get.path));
});

test('a pod on GKE', async () => {
  const stack = googleStack();
  new gcp.ContainerModel(stack, 'Words', { ...minimal, model: WORDS });
  const deployment = manifest('Deployment', 'apps/v1', only(template(stack), 'kubernetes_deployment_v1'));
  const [container] = deployment.spec.template.spec.containers;
  await expectRoutes(await start(variables(container.env), container.readinessProbe.httpGet.path));
});

test('a replica on Vertex AI', async () => {
  const stack = googleStack();
  new gcp.ManagedEndpointModel(stack, 'Words', { ...minimal, model: WORDS, dedicated: false });
  const calls = Object.values<Template>(template(stack).resource.restful_operation);
  const { containerSpec } = calls.find(({ path }) => path.endsWith('/models:upload')).body.model;
  const { env, healthRoute, predictRoute } = containerSpec;
  const routes = { AIP_HEALTH_ROUTE: healthRoute, AIP_PREDICT_ROUTE: predictRoute };
  await expectInputs(await start({ ...variables(env), ...routes }, healthRoute), predictRoute);
});
