import { Testing } from 'cdktf';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { describe, expect, test } from 'vitest';
import { InferenceService } from '../../../lib/kubernetes/inference-service.js';
import { ModelWorkload } from '../../../lib/kubernetes/model-workload.js';
import type { ModelWorkloadProps } from '../../../lib/kubernetes/model-workload-props.js';
import { servedVersion } from '../../../lib/kubernetes/served-version.js';
import { Model } from '../../../lib/model/model.js';
import { ModelServer } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { type Json, kubernetesStack, manifest, minimal, restrictedFaults } from './support.js';

const model = Model.fromDirectory(writePackage());
const FOLDER = '/mnt/models/m';

function serving(server: ModelServer, props: Partial<ModelWorkloadProps> = {}): ModelWorkloadProps {
  const version = servedVersion({ server, model, folder: FOLDER, environment: { MINE: '1' } });
  return { name: minimal.name, server, ...version, ...(server.spec.needsGpu ? { gpuCount: 1 } : {}), ...props };
}

function synthesize(props: ModelWorkloadProps): Json {
  const stack = kubernetesStack();
  new ModelWorkload(stack, 'Workload', props);
  return JSON.parse(Testing.synth(stack, true)).resource;
}

const values = (from: Json, type: string): Json[] => Object.values(from[`kubernetes_${type}`] ?? {});
const deployment = (from: Json): Json => manifest('Deployment', 'apps/v1', values(from, 'deployment_v1')[0]);
const podOf = (server: ModelServer, props: Partial<ModelWorkloadProps> = {}): Json =>
  deployment(synthesize(serving(server, props))).spec.template.spec;
const variables = (pod: Json) =>
  Object.fromEntries(pod.containers[0].env.map(({ name, value }: Json) => [name, value]));

const triton = ModelServer.triton();
const vllm = ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B', arguments: { 'max-model-len': '4096' } });
const custom = ModelServer.custom({
  image: 'example/server:1',
  port: 9000,
  livePath: '/live',
  command: ['serve'],
  modelFolderVariable: 'MODEL_DIR',
});

describe.each([
  {
    server: ModelServer.tensorflowServing(),
    image: 'docker.io/tensorflow/serving:2.19.1',
    port: 8501,
    args: ['--rest_api_port=8501', '--file_system_poll_wait_seconds=0'],
    probes: ['/v1/models/iris', '/v1/models/iris'],
    environment: { MODEL_NAME: 'iris', MODEL_BASE_PATH: FOLDER },
  },
  {
    server: ModelServer.torchServe(),
    image: 'docker.io/pytorch/torchserve:0.12.0-cpu',
    port: 8080,
    args: [
      ...['torchserve', '--foreground', '--model-store', FOLDER, '--models', `iris=${FOLDER}/iris`],
      ...['--ts-config', `${FOLDER}/config.properties`],
    ],
    probes: ['/ping', '/ping'],
    environment: { TEMP: '/tmp', LOG_LOCATION: '/tmp/logs' },
  },
  {
    server: triton,
    image: 'nvcr.io/nvidia/tritonserver:25.08-py3',
    port: 8000,
    args: ['tritonserver', `--model-repository=${FOLDER}`, '--exit-on-error=true'],
    probes: ['/v2/health/live', '/v2/health/ready'],
    environment: {},
  },
  {
    server: vllm,
    image: 'docker.io/vllm/vllm-openai:v0.11.0',
    port: 8000,
    args: ['--model', 'Qwen/Qwen3-0.6B', '--served-model-name', 'iris', '--max-model-len', '4096'],
    probes: ['/health', '/health'],
    environment: { VLLM_NO_USAGE_STATS: '1' },
  },
  {
    server: custom,
    image: 'example/server:1',
    port: 9000,
    args: ['serve'],
    probes: ['/live', '/ping'],
    environment: { MODEL_DIR: FOLDER },
  },
])('$server.spec.name', ({ server, image, port, args, probes, environment }) => {
  const from = synthesize(serving(server, { callerNamespaces: ['web'] }));
  const pod = deployment(from).spec.template.spec;
  const [container] = pod.containers;

  test('runs its image with the arguments and variables that it reads, and those of the user', () => {
    expect(container).toMatchObject({ image, args });
    expect(variables(pod)).toMatchObject({ ...environment, MINE: '1', HOME: '/tmp', USER: 'server' });
    expect(JSON.stringify(from)).not.toContain('MODELSHIP_');
  });

  test('is asked at its port, by who was let in and by probes of its own paths', () => {
    expect(container.ports).toEqual([{ name: 'http', containerPort: port, protocol: 'TCP' }]);
    const [live, ready] = probes;
    expect(container.livenessProbe.httpGet).toEqual({ path: live, port: 'http' });
    for (const probe of [container.readinessProbe, container.startupProbe]) {
      expect(probe.httpGet).toEqual({ path: ready, port: 'http' });
    }
    const rules = values(from, 'network_policy_v1').flatMap(({ spec }) => spec.ingress);
    expect(rules.map((rule) => rule.ports)).toEqual([[{ port: `${port}`, protocol: 'TCP' }]]);
    expect(values(from, 'service_v1')[0].spec.port).toMatchObject([{ port: 80, target_port: 'http' }]);
  });

  test('is valid by the published schema, and restricted but for a root that it may write to', () => {
    new (Deployment as Json)(deployment(from)).validate();
    expect(restrictedFaults(pod)).toEqual(['a writable root of runtime']);
    expect(values(from, 'namespace_v1')[0].metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
  });

  test('waits for load balancers by what is in its image, and may finish what is in flight', () => {
    const [command, seconds] = container.lifecycle.preStop.exec.command;
    expect(command).toBe('sleep');
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(seconds) + 60);
  });
});

test('TorchServe starts where any user may write', () => {
  expect(podOf(ModelServer.torchServe()).containers[0].workingDir).toBe('/tmp');
});

test('servers with a GPU share memory, and others have no volume for it', () => {
  const [container] = podOf(vllm).containers;
  expect(podOf(vllm).volumes).toContainEqual({ name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '2Gi' } });
  expect(container.volumeMounts).toContainEqual({ name: 'shm', mountPath: '/dev/shm' });
  expect(JSON.stringify(podOf(triton))).not.toContain('shm');
});

test('a server that is root is admitted by a namespace that is made, and still gets no privileges', () => {
  const root = ModelServer.custom({ image: 'example/server:1', user: 0 });
  const from = synthesize(serving(root));
  const labels = values(from, 'namespace_v1')[0].metadata.labels;
  expect(new Set(Object.values(labels))).toEqual(new Set(['baseline']));
  expect(restrictedFaults(deployment(from).spec.template.spec)).toEqual([
    'root in the pod',
    'root in runtime',
    'a writable root of runtime',
  ]);
});

test('a server runs as the user that was named', () => {
  const server = ModelServer.custom({ image: 'example/server:1', user: 1000 });
  expect(podOf(server).securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
});

test('disk and time for what is fetched at start are as much as was asked for', () => {
  const pod = podOf(vllm, { diskGib: 40, startupSeconds: 1800 });
  expect(variables(pod)).not.toHaveProperty('MODELSHIP_START_SECONDS');
  const [container] = pod.containers;
  expect(container.resources.limits['ephemeral-storage']).toBe('40Gi');
  expect(container.startupProbe.failureThreshold * container.startupProbe.periodSeconds).toBe(1800);
});

test('KServe runs the same container', () => {
  const stack = kubernetesStack();
  new InferenceService(stack, 'Workload', serving(triton, { namespace: 'models' }));
  const [{ manifest: made }] = values(JSON.parse(Testing.synth(stack, true)).resource, 'manifest');
  const [container] = made.spec.predictor.containers;
  expect(container).toMatchObject({
    name: 'kserve-container',
    image: triton.spec.image,
    args: ['tritonserver', `--model-repository=${FOLDER}`, '--exit-on-error=true'],
    ports: [{ containerPort: 8000 }],
  });
});

test.each<[string, ModelServer, Partial<ModelWorkloadProps>, RegExp]>([
  ['a server for GPUs without one', vllm, { gpuCount: 0 }, /gpuCount: vLLM needs a GPU.*\[NO_GPU\]/],
  ['metrics of others', triton, { metricsNamespaces: ['m'] }, /metricsNamespaces: only Modelship.*callerNamespaces/],
  ['a start in no time', triton, { startupSeconds: 0 }, /startupSeconds: got 0/],
  ['no disk', triton, { diskGib: 0 }, /diskGib: got 0/],
])('refuses %s', (_what, server, props, message) => {
  expect(() => synthesize(serving(server, props))).toThrow(message);
});
