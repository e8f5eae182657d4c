import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { TerraformOutput, type TerraformProvider, TerraformStack } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { AksCluster, ContainerModel, type ContainerModelProps, Exposure } from '../../../lib/azure/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { folderOf, onnx, SERVERS, torchScript, vllm } from '../../support/server-models.js';
import { CLUSTER_ID } from './identifiers.js';
import { azureStack, faultsOf, IMAGE, type Resource, Template } from './support.js';

const access = Access.anonymous();
const GPU = { gpuCount: 1, cluster: AksCluster.managed({ instanceType: 'Standard_NC4as_T4_v3' }) };
const existing = (kubernetesProvider: TerraformProvider = {} as never) =>
  AksCluster.existing({ id: CLUSTER_ID, oidcIssuerUrl: 'https://issuer.example/', kubernetesProvider });
const GATEWAY = Exposure.gateway({ gatewayName: 'g', host: 'models.example', sourceRanges: ['10.0.0.0/8'] });

function containers(props: Partial<ContainerModelProps>, stack: TerraformStack = azureStack()) {
  return new ContainerModel(stack, 'Iris', { model: onnx, location: 'westeurope', access, ...props });
}

function synthesized(props: Partial<ContainerModelProps>) {
  const stack = azureStack();
  new TerraformOutput(stack, 'predict', { value: containers(props, stack).predictUrl });
  return new Template(stack);
}

const pod = (template: Template, id = /_Deployment_/): Resource =>
  template.one('kubernetes_deployment_v1', id).spec.template.spec;
const names = (template: Template): string[] =>
  Object.values(template.all('azurerm_storage_blob')).map(({ name }) => name as string);

describe.each(SERVERS)('$server.spec.name', ({ model, server, port, ready, predict, files, folderIn }) => {
  const template = synthesized({ model, server });
  const [container] = pod(template).container;

  test('is run and asked as it wants to be, and by the address of the model', () => {
    expect(container.image).toBe(server.spec.image);
    expect(container.resources.limits).toEqual({ cpu: '1000m', memory: '2048Mi' });
    expect(container.port).toMatchObject([{ container_port: port }]);
    expect(container.readiness_probe.http_get.path).toBe(ready);
    expect(template.json.output!.predict!.value).toMatch(new RegExp(`\\}${predict}$`));
  });

  test('finds the model in what is mounted, laid out as it wants it', () => {
    const folder = folderOf(container, folderIn)!;
    const { mount_path, read_only } = container.volume_mount.find(({ name }: Resource) => name === 'model');
    expect(read_only).toBe(true);
    expect(folder.startsWith(`${mount_path}/models/iris/`)).toBe(true);
    const prefix = folder.slice(mount_path.length + 1);
    expect(names(template).sort()).toEqual(files.map((file) => `${prefix}/${file}`));
    const attributes = template.one('kubernetes_persistent_volume_v1').spec[0].persistent_volume_source.csi;
    expect(attributes.volume_attributes.clientID).toMatch(/client_id/);
  });

  test('needs no image of ours, no application and no metrics that it does not count', () => {
    for (const type of ['azurerm_container_registry', 'azuread_application', 'azurerm_monitor_workspace']) {
      expect(template.all(type)).toEqual({});
    }
    expect(JSON.stringify(template.json.resource)).not.toMatch(/MODELSHIP_|prometheus\.io/);
  });
});

test('vLLM has a GPU and the time to fetch the weights, and nothing is mounted or uploaded', () => {
  const template = synthesized({ server: vllm, ...GPU });
  const [container] = pod(template).container;
  expect(container.args).toEqual(['--model', 'Qwen/Qwen3-0.6B', '--served-model-name', 'iris']);
  expect(container.resources.limits).toEqual({ cpu: '3000m', memory: '16384Mi', 'nvidia.com/gpu': '1' });
  const { failure_threshold, period_seconds } = container.startup_probe;
  expect(failure_threshold * period_seconds).toBe(1800);
  expect(names(template)).toEqual([]);
  expect(template.all('kubernetes_persistent_volume_v1')).toEqual({});
  const { egress } = template.one('kubernetes_network_policy_v1').spec;
  expect(JSON.stringify(egress)).toContain('"443"');
});

test('vLLM can have weights that lie beside the models in the container', () => {
  const template = synthesized({ server: ModelServer.vllm({ source: '/mnt/models/qwen' }), ...GPU });
  const [container] = pod(template).container;
  expect(container.volume_mount).toContainEqual({ name: 'model', mount_path: '/mnt/models', read_only: true });
  expect(container.startup_probe.failure_threshold * container.startup_probe.period_seconds).toBe(300);
});

test('a canary runs both versions in the server, each from its own folder', () => {
  const stableModel = Model.fromDirectory(writePackage({ version: '0' }));
  const template = synthesized({
    server: ModelServer.triton(),
    rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
    stableModel,
    exposure: GATEWAY,
  });
  const folders = [/_Deployment_/, /CanaryDeployment/].map((id) =>
    folderOf(pod(template, id).container[0], '--model-repository')!.replace('/mnt/models/', ''),
  );
  expect(names(template).sort()).toEqual(
    [
      ...['iris/0/model.onnx', 'iris/config.pbtxt'].map((file) => `${folders[0]}/${file}`),
      ...['iris/1/model.onnx', 'iris/config.pbtxt'].map((file) => `${folders[1]}/${file}`),
    ].sort(),
  );
});

test.each<[string, Partial<ContainerModelProps>, string[]]>([
  ['callers that nobody checks', { server: ModelServer.triton(), access: undefined }, ['access UNSUPPORTED']],
  [
    'tokens that nobody checks',
    { server: ModelServer.triton(), access: Access.jwt({ issuer: 'https://i.example', audience: ['a'] }) },
    ['access UNSUPPORTED'],
  ],
  ['a format that it does not load', { server: ModelServer.torchServe() }, ['server UNSUPPORTED_FORMAT']],
  ['an image of ours beside it', { server: ModelServer.triton(), image: IMAGE }, ['image CONFLICT']],
  ['vLLM without a GPU', { server: vllm }, ['gpuCount NO_GPU']],
  [
    'weights in a bucket of another cloud',
    { server: ModelServer.vllm({ source: 's3://weights/qwen' }), ...GPU },
    ['server UNSUPPORTED_SOURCE'],
  ],
  [
    'a time limit that nobody keeps',
    { server: ModelServer.triton(), timeoutSeconds: 20 },
    ['timeoutSeconds UNSUPPORTED'],
  ],
  ['a model that nobody fetches', { server: ModelServer.triton(), modelMount: false }, ['modelMount CONFLICT']],
  [
    'a variable that is the server’s',
    { server: vllm, ...GPU, environment: { VLLM_NO_USAGE_STATS: '0' } },
    ['environment.VLLM_NO_USAGE_STATS RESERVED_VARIABLE'],
  ],
  [
    'a canary of which it loads one version',
    {
      server: ModelServer.triton(),
      model: torchScript,
      stableModel: SERVERS[0].model,
      rollout: Rollout.canary({ percent: 1, bakeMinutes: 1 }),
      exposure: GATEWAY,
    },
    ['stableModel UNSUPPORTED_FORMAT'],
  ],
  [
    'vLLM without a GPU in a cluster that is there',
    {
      server: vllm,
      cluster: existing(),
    },
    ['gpuCount NO_GPU'],
  ],
  ['GPUs on new nodes without any', { server: vllm, gpuCount: 1 }, ['cluster.instanceType MISSING']],
  [
    'our runtime on a GPU that it does not use',
    {
      cluster: existing(),
      gpuCount: 1,
    },
    ['image NO_GPU_RUNTIME'],
  ],
  ['no image', { server: ModelServer.custom({ image: '' }) }, ['server BAD_TEXT']],
  ['a start in no time', { server: ModelServer.triton(), startupSeconds: 0 }, ['startupSeconds OUT_OF_RANGE']],
])('%s is refused', (_what, props, faults) => {
  expect(faultsOf(() => containers(props))).toEqual(faults);
});

test('a cluster that is there runs it with its own provider', () => {
  const stack = azureStack();
  const cluster = existing(new KubernetesProvider(stack, 'k8s', {}));
  const made = containers({ server: vllm, cluster, gpuCount: 2 }, stack);
  const { container, toleration } = pod(new Template(TerraformStack.of(made)));
  expect(container[0].resources.limits['nvidia.com/gpu']).toBe('2');
  expect(toleration).toEqual([
    { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
    { key: 'nvidia.com/gpu', operator: 'Exists' },
  ]);
});
