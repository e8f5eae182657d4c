import { TerraformOutput } from 'cdktf';
import { describe, expect, test } from 'vitest';
import {
  ContainerHost,
  ContainerModel,
  type ContainerModelProps,
  Exposure,
  GkeCluster,
  Gpu,
} from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, ImageSource, ModelServer, Rollout, ValidationError } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { folderOf, onnx, SERVERS, vllm } from '../../support/server-models.js';
import { writeTextPackage } from '../../support/text-package.js';
import { manifest, restrictedFaults } from '../kubernetes/support.js';
import { googleStack, minimal, only, resources, type Template, template } from './support.js';

const existing = GkeCluster.existing({ name: 'shared', location: 'europe-west4' });
const gateway = Exposure.gateway({ gatewayName: 'gate', host: 'iris.example.com', sourceRanges: ['130.211.0.0/22'] });
const triton = ModelServer.triton();
const gpu = Gpu.nvidiaL4();

function synthesize(props: Partial<ContainerModelProps>): Template {
  const stack = googleStack();
  const endpoint = new ContainerModel(stack, 'Iris', { ...minimal, image: undefined, model: onnx, ...props });
  new TerraformOutput(stack, 'predict', { value: endpoint.predictUrl });
  return template(stack);
}

const pods = (from: Template): Template[] =>
  resources(from, 'kubernetes_deployment_v1').map((item) => manifest('Deployment', 'apps/v1', item).spec.template.spec);
const objects = (from: Template): string[] => resources(from, 'google_storage_bucket_object').map(({ name }) => name);

/** `prop CODE` of everything that is wrong. */
function faultsOf(props: Partial<ContainerModelProps>): string[] {
  try {
    synthesize(props);
  } catch (error) {
    if (error instanceof ValidationError) return error.faults.map(({ prop, code }) => `${prop} ${code}`).sort();
    throw error;
  }
  return [];
}

describe.each(SERVERS)('$server.spec.name', ({ model, server, port, ready, predict, files, folderIn }) => {
  const from = synthesize({ model, server });
  const [pod] = pods(from);
  const [container] = pod.containers;

  test('is run and asked as it wants to be, and by the address of the model', () => {
    expect(container.image).toBe(server.spec.image);
    expect(container.ports).toMatchObject([{ containerPort: port }]);
    expect(container.readinessProbe.httpGet.path).toBe(ready);
    expect(from.output.predict.value.endsWith(`.svc.cluster.local${predict}`)).toBe(true);
  });

  test('finds the model in the bucket that is mounted, laid out as it wants it', () => {
    const folder = folderOf(container, folderIn)!;
    const { mountPath, readOnly } = container.volumeMounts.find(({ name }: Template) => name === 'model');
    expect(readOnly).toBe(true);
    expect(folder.startsWith(`${mountPath}/models/iris/`)).toBe(true);
    const prefix = folder.slice(mountPath.length + 1);
    expect(objects(from).sort()).toEqual(files.map((file) => `${prefix}/${file}`));
    expect(only(from, 'kubernetes_deployment_v1').spec.template.metadata.annotations).toEqual({
      'gke-gcsfuse/volumes': 'true',
    });
  });

  test('needs no image of ours, and no metrics that it does not count', () => {
    for (const type of ['google_artifact_registry_repository', 'helm_release']) {
      expect(resources(from, type)).toEqual([]);
    }
    expect(JSON.stringify(from.resource)).not.toMatch(/modelship_request|MODELSHIP_/);
    expect(restrictedFaults(pod)).toEqual(['a writable root of runtime']);
  });

  test('wakes nobody for lines on standard error, and somebody for restarts', () => {
    const policies = Object.keys(from.resource.google_monitoring_alert_policy).join();
    expect(policies).toMatch(/Restarts/);
    expect(policies).not.toMatch(/Errors|Latency/);
  });
});

describe('vLLM', () => {
  const from = synthesize({ server: vllm, gpu });
  const [pod] = pods(from);
  const [container] = pod.containers;

  test('has a GPU, disk and time for the weights, and nothing is mounted or uploaded', () => {
    expect(container.args).toEqual(['--model', 'Qwen/Qwen3-0.6B', '--served-model-name', 'iris']);
    expect(container.resources.limits).toMatchObject({
      cpu: '3000m',
      memory: '16384Mi',
      'ephemeral-storage': '30Gi',
      'nvidia.com/gpu': '1',
    });
    expect(container.startupProbe.failureThreshold * container.startupProbe.periodSeconds).toBe(1800);
    expect(objects(from)).toEqual([]);
    expect(pod.volumes.map(({ name }: Template) => name)).toEqual(['tmp', 'shm']);
    expect(only(from, 'kubernetes_deployment_v1').spec.template.metadata).not.toHaveProperty('annotations');
  });

  test('streams weights from a bucket of Google, which the pods alone may read', () => {
    const source = 'gs://weights/qwen';
    const streamed = synthesize({ server: ModelServer.vllm({ source }), gpu });
    expect(pods(streamed)[0].containers[0].args).toContain('runai_streamer');
    const member = resources(streamed, 'google_storage_bucket_iam_member').find(({ bucket }) => bucket === 'weights');
    expect(member).toMatchObject({ role: 'roles/storage.objectViewer' });
    expect(member.member).toMatch(/google_service_account\..*member/);
    expect(pods(streamed)[0].containers[0].resources.limits).not.toHaveProperty('ephemeral-storage');
  });

  test('can have weights that lie beside the models in the bucket', () => {
    const [mounted] = pods(synthesize({ server: ModelServer.vllm({ source: '/mnt/models/qwen' }), gpu }));
    expect(mounted.containers[0].volumeMounts).toContainEqual({
      name: 'model',
      mountPath: '/mnt/models',
      readOnly: true,
    });
  });
});

describe('the way to the internet', () => {
  const nats = (props: Partial<ContainerModelProps>) => resources(synthesize(props), 'google_compute_router_nat');

  test('is made for the subnetwork if the image is elsewhere, and is there before the pods', () => {
    const from = synthesize({ server: triton, cluster: GkeCluster.autopilot({ network: 'net', subnetwork: 'sub' }) });
    expect(only(from, 'google_compute_router_nat')).toMatchObject({
      source_subnetwork_ip_ranges_to_nat: 'LIST_OF_SUBNETWORKS',
      subnetwork: [{ name: 'sub', source_ip_ranges_to_nat: ['ALL_IP_RANGES'] }],
    });
    expect(only(from, 'google_compute_router').network).toBe('net');
    const { depends_on } = only(from, 'kubernetes_deployment_v1');
    expect(depends_on.some((name: string) => name.startsWith('google_compute_router_nat.'))).toBe(true);
  });

  const onGoogle = 'europe-west4-docker.pkg.dev/p/r/vllm:1';

  test.each<[string, Partial<ContainerModelProps>, number]>([
    ['our own runtime', {}, 0],
    ['a network that has one', { server: triton, cluster: GkeCluster.autopilot({ cloudNat: false }) }, 0],
    ['our own runtime, if it was asked for', { cluster: GkeCluster.autopilot({ cloudNat: true }) }, 1],
    ['a cluster that is there', { server: triton, cluster: existing }, 0],
    ['an image on Google', { server: ModelServer.triton({ image: onGoogle }) }, 0],
    ['weights from a hub', { server: ModelServer.vllm({ source: 'a/b', image: onGoogle }), gpu }, 1],
    ['weights from a bucket', { server: ModelServer.vllm({ source: 'gs://a/b', image: onGoogle }), gpu }, 0],
  ])('%s', (_what, props, expected) => {
    expect(nats(props)).toHaveLength(expected);
  });

  test.each([
    ['may pull an image from a registry of the project', onGoogle, true],
    ['may pull nothing from there if the image is elsewhere', undefined, false],
  ])('nodes %s', (_what, image, expected) => {
    const members = resources(synthesize({ server: ModelServer.triton({ image }) }), 'google_project_iam_member');
    expect(members.some(({ role }) => role === 'roles/artifactregistry.reader')).toBe(expected);
  });
});

test('goes to nodes with the processors that the image is built for, where that is one kind', () => {
  const nodes = (server: ModelServer, model: Model) => pods(synthesize({ server, model }))[0].nodeSelector;
  expect(nodes(SERVERS[0].server, SERVERS[0].model)).toEqual({ 'kubernetes.io/arch': 'amd64' });
  expect(nodes(triton, onnx)).toEqual({});
});

test('a canary runs both versions in the server, each from its own folder', () => {
  const from = synthesize({
    server: triton,
    cluster: existing,
    exposure: gateway,
    access: Access.anonymous(),
    rollout: Rollout.canary({ percent: 20, bakeMinutes: 10 }),
    stableModel: Model.fromDirectory(writePackage({ version: '0' })),
  });
  const folders = pods(from).map(({ containers: [container] }) => folderOf(container, '--model-repository')!);
  expect(new Set(folders).size).toBe(2);
  for (const folder of folders) {
    expect(objects(from)).toContain(`${folder.replace('/mnt/models/', '')}/iris/config.pbtxt`);
  }
});

test('KServe gets an InferenceService with the server’s container', () => {
  const from = synthesize({ server: triton, cluster: existing, host: ContainerHost.kserve(), namespace: 'models' });
  const [container] = only(from, 'kubernetes_manifest').manifest.spec.predictor.containers;
  expect(container).toMatchObject({ image: triton.spec.image, ports: [{ containerPort: 8000 }] });
  expect(from.output.predict.value).toMatch(/status\.url\}\/v2\/models\/iris\/infer$/);
});

test.each<[string, Partial<ContainerModelProps>, string[]]>([
  [
    'tokens that nobody checks',
    { server: triton, access: Access.jwt({ issuer: 'https://i.example', audience: ['a'] }) },
    ['access UNSUPPORTED'],
  ],
  [
    'a Gateway before it that asks nobody',
    { server: triton, cluster: existing, exposure: gateway },
    ['access NOT_AUTHENTICATED'],
  ],
  ['a format that it does not load', { server: ModelServer.torchServe() }, ['server UNSUPPORTED_FORMAT']],
  [
    'steps around the model that it does not run',
    { server: triton, model: Model.fromDirectory(writeTextPackage()) },
    ['server UNSUPPORTED_SERVER'],
  ],
  ['an image of ours beside it', { server: triton, image: ImageSource.fromRegistry('a/b:1') }, ['image CONFLICT']],
  ['vLLM without a GPU', { server: vllm }, ['gpu NO_GPU']],
  [
    'weights in a bucket of another cloud',
    { server: ModelServer.vllm({ source: 's3://weights/qwen' }), gpu },
    ['server UNSUPPORTED_SOURCE'],
  ],
  ['a time limit that nobody keeps', { server: triton, timeoutSeconds: 20 }, ['timeoutSeconds UNSUPPORTED']],
  [
    'a variable that is the server’s',
    { server: vllm, gpu, environment: { VLLM_NO_USAGE_STATS: '0' } },
    ['environment.VLLM_NO_USAGE_STATS RESERVED_VARIABLE'],
  ],
  ['disk that Autopilot has with a GPU only', { server: triton, diskGib: 11 }, ['diskGib OUT_OF_RANGE']],
  ['no image', { server: ModelServer.custom({ image: '' }) }, ['server BAD_TEXT']],
  ['our runtime on a GPU that it does not use', { gpu }, ['image NO_GPU_RUNTIME']],
])('refuses %s', (_what, props, faults) => {
  expect(faultsOf(props)).toEqual(faults);
});
