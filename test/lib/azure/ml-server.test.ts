import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TerraformOutput, TerraformStack, TerraformVariable, Token } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { ManagedEndpointModel, type ManagedEndpointModelProps } from '../../../lib/azure/index.js';
import { serverImageContext } from '../../../lib/bundle/server-image-context.js';
import { Model } from '../../../lib/model/model.js';
import { ImageArchitecture, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { onnx, SERVERS, savedModel } from '../../support/server-models.js';
import { subnetId } from './identifiers.js';
import { sentFaults } from './rest-types.js';
import { azureStack, faultsOf, IMAGE, type Resource, Template } from './support.js';

const WORKSPACES = 'Microsoft.MachineLearningServices/workspaces';
const ON_AZURE = 'mine.azurecr.io/servers/server:1';
const GPU_TYPE = 'Standard_NC24ads_A100_v4';
const tensorflowServing = { server: ModelServer.tensorflowServing(), model: savedModel };
const triton = { server: ModelServer.triton() };
const vllm = { server: ModelServer.vllm({ source: 'org/weights' }), instanceType: GPU_TYPE };
const older = Model.fromDirectory(writePackage({ version: '0' }));
const canary = {
  rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
  stableModels: [{ model: older, trafficPercent: 90 }],
};

function endpoint(props: Partial<ManagedEndpointModelProps>, stack = azureStack()): ManagedEndpointModel {
  return new ManagedEndpointModel(stack, 'Iris', { model: onnx, location: 'westeurope', ...props });
}

function synthesize(props: Partial<ManagedEndpointModelProps>): Template {
  return new Template(TerraformStack.of(endpoint(props)));
}

const environments = (from: Template) => from.arm(`${WORKSPACES}/environments/versions`);
const deployment = (from: Template): Resource => from.arm(`${WORKSPACES}/onlineEndpoints/deployments`)[0]!;
const builds = (from: Template) => from.arm('Microsoft.ContainerRegistry/registries/taskRuns');
/** What was uploaded for the model, by its path from the container. */
const uploaded = (from: Template): string[] =>
  Object.values(from.all('azurerm_storage_blob'))
    .map(({ name }) => name)
    .filter((name) => name.startsWith('models/'))
    .sort();

/** Where an instance finds the model: below the mount lie the asset's name, its version and the folder's own name. */
function mounted(from: Template): string {
  const [version] = from.arm(`${WORKSPACES}/models/versions`);
  const folder = version!.body.properties.modelUri.split('/').at(-1);
  const asset = version!.parent_id.split('/models/')[1];
  return [deployment(from).body.properties.modelMountPath, asset, version!.name, folder].join('/');
}

/** The Dockerfile that would be built with these arguments has the name that the image has. */
function expectCopy(from: Template, image: string, command?: readonly string[]): void {
  const tag = serverImageContext(image, command).digest.slice(0, 16);
  expect(environments(from)[0]!.body.properties.image).toMatch(
    new RegExp(`\\.login_server\\}/modelship/runtime:${tag}$`),
  );
}

describe.each(SERVERS)('$server.spec.name', ({ server, model, port, ready, predict, files, folderIn }) => {
  const from = synthesize({ server, model });

  test('is asked on its own port and routes', () => {
    const { inferenceConfig } = environments(from)[0]!.body.properties;
    expect(inferenceConfig.readinessRoute).toEqual({ path: ready, port });
    expect(inferenceConfig.scoringRoute).toEqual({ path: predict, port });
    expect(inferenceConfig.livenessRoute).toEqual({ path: server.spec.livePath(model), port });
  });

  test('finds the model in its layout in a folder that is named by what is in it', () => {
    const [version] = from.arm(`${WORKSPACES}/models/versions`);
    const folder = version!.body.properties.modelUri.split('/paths/')[1];
    expect(folder).toMatch(/^models\/iris\/[0-9a-f]{64}$/);
    expect(uploaded(from)).toEqual(files.map((file) => `${folder}/${file}`));
    expect(deployment(from).body.properties.model).toMatch(/^\$\{azapi_resource\..*Model.*\.id\}$/);
  });

  test('is told that folder, by a variable or by arguments in its image', () => {
    const { environmentVariables } = deployment(from).body.properties;
    if (folderIn.startsWith('--')) expectCopy(from, server.spec.image!, server.spec.command!(model, mounted(from)));
    else expect(environmentVariables[folderIn]).toBe(mounted(from));
    expect(Object.keys(environmentVariables).filter((name) => name.startsWith('MODELSHIP_'))).toEqual([]);
  });

  test('is asked by that route on the host of the endpoint', () => {
    const stack = azureStack();
    new TerraformOutput(stack, 'url', { value: endpoint({ server, model }, stack).url });
    const { url } = new Template(stack).json.output as unknown as Record<string, { value: string }>;
    const host = String.raw`\$\{element\(split\("/", azapi_resource\.\w+\.output\.properties\.scoringUri\), 2\)\}`;
    expect(url!.value).toMatch(new RegExp(`^https://${host}${predict}$`));
  });

  test('sends bodies that the published schema allows', () => {
    expect(sentFaults(from)).toEqual([]);
  });
});

describe('vLLM', () => {
  const from = synthesize(vllm);

  test('has its arguments in its image, and streams on the route of OpenAI', () => {
    expectCopy(from, vllm.server.spec.image!, ['--model', 'org/weights', '--served-model-name', 'iris']);
    expect(environments(from)[0]!.body.properties.inferenceConfig.scoringRoute).toEqual({
      path: '/v1/chat/completions',
      port: 8000,
    });
    expect(deployment(from).body.properties.instanceType).toBe(GPU_TYPE);
  });

  test('gets more instances when its GPU is busy', () => {
    const { profile } = synthesize({ ...vllm, maxReplicas: 3 }).one('azurerm_monitor_autoscale_setting');
    const triggers = profile[0].rule.map(({ metric_trigger: trigger }: Resource) => trigger.metric_name);
    expect(triggers).toEqual(['GpuUtilizationPercentage', 'GpuUtilizationPercentage']);
  });

  test('fetches the model by itself, so that nothing is uploaded, registered or mounted', () => {
    expect(uploaded(from)).toEqual([]);
    expect(from.arm(`${WORKSPACES}/models/versions`)).toEqual([]);
    expect(from.arm(`${WORKSPACES}/datastores`)).toEqual([]);
    expect(deployment(from).body.properties).not.toHaveProperty('model');
    expect(deployment(from).body.properties).not.toHaveProperty('modelMountPath');
  });
});

describe('the image', () => {
  test('is built with its arguments by a registry that is made, before an environment names it', () => {
    const from = synthesize(triton);
    const [run] = Object.entries(from.all('azapi_resource')).find(([, { type }]) => /taskRuns/.test(type))!;
    expect(environments(from)[0]!.depends_on).toEqual([`azapi_resource.${run}`]);
    expect(from.one('azurerm_role_assignment', /ImagePull/)).toMatchObject({
      role_definition_name: 'AcrPull',
      scope: expect.stringMatching(/container_registry\.Iris_Images_Registry/),
    });
    expect(builds(from)[0]!.timeouts).toEqual({ create: '4200s' });
  });

  test('of a copy gives its arguments to the entry point, and no shell reads them', () => {
    const { directory } = serverImageContext('a/b:1', ['--name', 'two words', '$HOME"']);
    expect(readFileSync(join(directory, 'Dockerfile'), 'utf8')).toBe(
      'FROM a/b:1\nCMD ["--name","two words","$HOME\\""]\n',
    );
  });

  test('without arguments that name a folder is one for every version of the model', () => {
    const versions = [
      { model: savedModel, trafficPercent: 90 },
      {
        model: Model.fromDirectory(writePackage({ version: '3', format: 'saved_model', artifact: 'model.onnx' })),
        trafficPercent: 10,
      },
    ];
    const from = synthesize({
      server: tensorflowServing.server,
      model: versions[1]!.model,
      rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
      stableModels: [versions[0]!],
    });
    expect(builds(from)).toHaveLength(1);
    expect(environments(from)).toHaveLength(2);
    expectCopy(from, tensorflowServing.server.spec.image!);
  });

  test('with a folder among the arguments is one for each version, built from one storage of contexts', () => {
    const from = synthesize({ ...triton, ...canary });
    expect(builds(from)).toHaveLength(2);
    expect(new Set(environments(from).map(({ body }) => body.properties.image)).size).toBe(2);
    expect(new Set(environments(from).map(({ name }) => name)).size).toBe(2);
    const registries = Object.keys(from.all('azurerm_container_registry')).filter((id) => /Images/.test(id));
    expect(registries).toHaveLength(1);
    expect(Object.keys(from.all('azurerm_storage_account')).filter((id) => /Contexts/.test(id))).toHaveLength(1);
  });

  test('of a registry on Azure is run as it is, if it needs no arguments', () => {
    const from = synthesize({ ...tensorflowServing, server: ModelServer.tensorflowServing({ image: ON_AZURE }) });
    expect(environments(from)[0]!.body.properties.image).toBe(ON_AZURE);
    expect(builds(from)).toEqual([]);
  });

  test('in a private network is pulled from the copy, by a way out that is approved', () => {
    const from = synthesize({ ...triton, privateSubnet: { id: subnetId('endpoints') } });
    const rules = from.arm('Microsoft.MachineLearningServices/workspaces/outboundRules');
    expect(rules.map(({ body }) => body.properties.destination)).toContainEqual({
      serviceResourceId: expect.stringMatching(/Iris_Images_Registry/),
      subresourceTarget: 'registry',
      sparkEnabled: false,
    });
    expect(from.one('azurerm_container_registry', /Images/).sku).toBe('Premium');
  });
});

describe('an environment version', () => {
  const name = (props: Partial<ManagedEndpointModelProps>) => environments(synthesize(props))[0]!.name;
  const custom = (predictPath: string) => ({ server: ModelServer.custom({ image: ON_AZURE, predictPath }) });

  test('is another for other routes, because it never changes', () => {
    expect(name(custom('/a'))).not.toBe(name(custom('/b')));
    expect(name(custom('/a'))).toBe(name(custom('/a')));
  });
});

describe('a start', () => {
  const seconds = ({ period, failureThreshold }: Resource) => Number.parseInt(period.slice(2), 10) * failureThreshold;

  test.each<[string, Partial<ManagedEndpointModelProps>, number]>([
    ['of a server that is given the model', triton, 300],
    ['of one that fetches it', vllm, 1800],
    ['as long as it is told', { ...vllm, startupSeconds: 3600 }, 3600],
  ])('%s takes its time before the instance is given up or restarted', (_, props, expected) => {
    const { livenessProbe, readinessProbe } = deployment(synthesize(props)).body.properties;
    expect([seconds(readinessProbe), seconds(livenessProbe)]).toEqual([expected, expected]);
  });

  test('of Modelship’s runtime, which is alive at once, may take longer too', () => {
    const { livenessProbe, readinessProbe, environmentVariables } = deployment(
      synthesize({ image: IMAGE, startupSeconds: 900 }),
    ).body.properties;
    expect(environmentVariables.MODELSHIP_START_SECONDS).toBe('900');
    expect([seconds(readinessProbe), seconds(livenessProbe)]).toEqual([900, 30]);
  });
});

test('variables are added to those of the server, and the time limit is that of Azure ML', () => {
  const { environmentVariables, requestSettings } = deployment(
    synthesize({ ...tensorflowServing, environment: { LOG: 'debug' }, timeoutSeconds: 99 }),
  ).body.properties;
  expect(Object.keys(environmentVariables).sort()).toEqual(['LOG', 'MODEL_BASE_PATH', 'MODEL_NAME']);
  expect(requestSettings.requestTimeout).toBe('PT99S');
});

describe('refused', () => {
  const custom = ModelServer.custom({ image: ON_AZURE });

  test.each<[string, Partial<ManagedEndpointModelProps>, string[], RegExp]>([
    [
      'a format that the server cannot load',
      { ...triton, model: savedModel },
      ['server UNSUPPORTED_FORMAT'],
      /Triton cannot load saved_model/,
    ],
    [
      'another format beside it',
      { ...tensorflowServing, ...canary },
      ['stableModels.0.model UNSUPPORTED_FORMAT'],
      /serves every version, and cannot load onnx/,
    ],
    ['no machine where a GPU is needed', { server: vllm.server }, ['instanceType NO_GPU'], /Standard_NC24ads_A100_v4/],
    [
      'a machine without one',
      { ...vllm, instanceType: 'Standard_DS3_v2' },
      ['instanceType NO_GPU'],
      /vLLM needs a GPU/,
    ],
    [
      'a machine with an FPGA',
      { ...vllm, instanceType: 'Standard_NP10s' },
      ['instanceType NO_GPU'],
      /vLLM needs a GPU/,
    ],
    [
      'a machine with a GPU that nothing uses',
      { instanceType: 'Standard_NC24ads_A100_v4', image: undefined },
      ['image NO_GPU_RUNTIME'],
      /the GPU of Standard_NC24ads_A100_v4 would sit idle; set `image` to a GPU-enabled runtime, set another `server`/,
    ],
    [
      'weights in another cloud',
      { ...vllm, server: ModelServer.vllm({ source: 'gs://weights/llama' }) },
      ['server UNSUPPORTED_SOURCE'],
      /from Cloud Storage, which it has no credentials to read here/,
    ],
    [
      'weights on the internet for a private network',
      { ...vllm, privateSubnet: { id: subnetId('endpoints') } },
      ['server UNREACHABLE_SOURCE'],
      /cannot reach the hub/,
    ],
    [
      'arguments for an image that cannot be copied',
      { server: ModelServer.triton({ image: ON_AZURE }) },
      ['server UNSUPPORTED'],
      /passes no arguments to containers, and Triton needs some.*not from mine\.azurecr\.io\/servers\/server:1/,
    ],
    [
      'arguments for an image that only apply knows',
      { server: ModelServer.triton({ image: Token.asString({ resolve: () => 'a' }) }) },
      ['server UNSUPPORTED'],
      /not from one that is known at deployment only/,
    ],
    [
      'an image that a private network does not reach',
      { server: custom, privateSubnet: { id: subnetId('endpoints') } },
      ['server UNREACHABLE_IMAGE'],
      /approved registries only/,
    ],
    ['an image beside the server', { ...triton, image: IMAGE }, ['image CONFLICT'], /pass it to ModelServer instead/],
    [
      'an image for other machines',
      { server: ModelServer.custom({ image: ON_AZURE, architectures: [ImageArchitecture.ARM64] }) },
      ['server WRONG_ARCHITECTURE'],
      /amd64 processors.*built for arm64/,
    ],
    ['what is no image', { server: ModelServer.custom({ image: 'a\nRUN b' }) }, ['server BAD_TEXT'], /got "a\\nRUN b"/],
    [
      'a variable that the server is given already',
      { ...tensorflowServing, environment: { MODEL_NAME: 'other' } },
      ['environment.MODEL_NAME RESERVED_VARIABLE'],
      /sets it for TensorFlow Serving/,
    ],
    [
      'a start that is too short',
      { ...triton, startupSeconds: 59 },
      ['startupSeconds OUT_OF_RANGE'],
      /60 to 3600 seconds/,
    ],
  ])('%s', (_, props, faults, message) => {
    expect(faultsOf(() => endpoint(props))).toEqual(faults);
    expect(() => endpoint(props)).toThrow(message);
  });

  test('an argument that only apply knows, because the image is described at synth', () => {
    const stack = azureStack();
    const length = new TerraformVariable(stack, 'length', { type: 'string' }).stringValue;
    const server = ModelServer.vllm({ source: 'org/weights', arguments: { 'max-model-len': length } });
    expect(faultsOf(() => endpoint({ ...vllm, server }, stack))).toEqual(['server UNRESOLVED_TOKEN']);
  });

  test('all of it at once', () => {
    expect(faultsOf(() => endpoint({ server: vllm.server, image: IMAGE, startupSeconds: 1 }))).toEqual([
      'image CONFLICT',
      'instanceType NO_GPU',
      'startupSeconds OUT_OF_RANGE',
    ]);
  });

  test('a machine that only apply knows passes', () => {
    const stack = azureStack();
    const instanceType = new TerraformVariable(stack, 'type', { type: 'string' }).stringValue;
    expect(faultsOf(() => endpoint({ ...vllm, instanceType }, stack))).toEqual([]);
  });
});
