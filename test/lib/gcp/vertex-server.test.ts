import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TerraformVariable, Token } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { serverImageContext } from '../../../lib/bundle/server-image-context.js';
import { Gpu, ManagedEndpointModel, type ManagedEndpointModelProps } from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { ImageArchitecture, ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { onnx, savedModel, torchScript } from '../../support/server-models.js';
import { faultsOf, googleStack, REGION, resources, type Template, template, waitsFor } from './support.js';

const IN_REGION = `${REGION}-docker.pkg.dev/project/servers/server@sha256:${'0b'.repeat(32)}`;
const tensorflowServing = { server: ModelServer.tensorflowServing(), model: savedModel };
const triton = { server: ModelServer.triton() };
const vllm = { server: ModelServer.vllm({ source: 'org/weights' }) };
const custom = {
  server: ModelServer.custom({
    image: 'docker.io/someone/server:1',
    port: 9000,
    readyPath: '/ready',
    predictPath: '/ask',
    command: ['--serve'],
    modelFolderVariable: 'MODEL_DIR',
  }),
};
const gpu = Gpu.nvidiaL4();

function endpoint(props: Partial<ManagedEndpointModelProps>, stack = googleStack()): ManagedEndpointModel {
  return new ManagedEndpointModel(stack, 'Iris', { model: onnx, region: REGION, ...props });
}

function synthesize(props: Partial<ManagedEndpointModelProps>): Template {
  const stack = googleStack();
  endpoint(props, stack);
  return template(stack);
}

function call(from: Template, action: string): Template {
  const found = Object.values<Template>(from.resource.restful_operation).filter(({ path }) => path.endsWith(action));
  expect(found).toHaveLength(1);
  return found[0];
}

const container = (from: Template): Template => call(from, '/models:upload').body.model.containerSpec;
const variables = (from: Template): { [name: string]: string } =>
  Object.fromEntries(container(from).env.map(({ name, value }: Template) => [name, value]));
/** What was uploaded, by its path from the bucket. */
const uploaded = (from: Template): string[] =>
  resources(from, 'google_storage_bucket_object')
    .map(({ name }) => name)
    .filter((name) => name.startsWith('models/'))
    .sort();

describe('TensorFlow Serving', () => {
  const from = synthesize(tensorflowServing);

  test('reads the bucket by itself, in the layout that it expects', () => {
    const { MODEL_BASE_PATH: base, MODEL_NAME: name } = variables(from);
    expect(name).toBe('iris');
    const folder = /^gs:\/\/\$\{google_storage_bucket\..*\.name\}\/(models\/iris\/[0-9a-f]{64})$/.exec(base!)![1];
    expect(uploaded(from)).toEqual([`${folder}/iris/1/saved_model.pb`]);
    const readers = resources(from, 'google_storage_bucket_iam_member').map(({ member }) => member);
    expect(readers).toContainEqual(expect.stringMatching(/google_service_account\.Iris_ServiceAccount/));
  });

  test('is asked on its own port and routes, which speak as Vertex AI does', () => {
    expect(container(from)).toMatchObject({
      args: ['--rest_api_port=8501', '--file_system_poll_wait_seconds=0'],
      ports: [{ containerPort: 8501 }],
      healthRoute: '/v1/models/iris',
      predictRoute: '/v1/models/iris:predict',
    });
    expect(endpoint(tensorflowServing).predictUrl).toMatch(/:predict$/);
  });

  test('may be explained', () => {
    const { explanationSpec } = call(
      synthesize({ ...tensorflowServing, explanations: { samples: 5 } }),
      '/models:upload',
    ).body.model;
    expect(explanationSpec.metadata.inputs).toEqual({ features: {} });
  });

  test('has no variable of Modelship’s runtime, and none that Vertex AI sets', () => {
    expect(Object.keys(variables(from)).filter((name) => /^(MODELSHIP|AIP)_/.test(name))).toEqual([]);
  });
});

describe('Triton', () => {
  const from = synthesize(triton);

  test('is started by the image’s own way on Vertex AI, which puts the program before the arguments', () => {
    const { args } = container(from);
    expect(args[0]).toMatch(/^--model-repository=gs:\/\/.*\/models\/iris\/[0-9a-f]{64}$/);
    expect(args).toContain('--vertex-ai-default-model=iris');
    expect(args).not.toContain('tritonserver');
  });

  test('finds a repository of one model', () => {
    expect(uploaded(from).map((name) => name.split('/').slice(3).join('/'))).toEqual([
      'iris/1/model.onnx',
      'iris/config.pbtxt',
    ]);
  });

  test('answers in its own protocol, so that it is asked raw', () => {
    expect(container(from)).toMatchObject({ ports: [{ containerPort: 8000 }], healthRoute: '/v2/health/ready' });
    expect(endpoint(triton).predictUrl).toMatch(/:rawPredict$/);
  });
});

describe('vLLM', () => {
  test('takes weights from the hub onto a GPU, and nothing from the bucket', () => {
    const from = synthesize({ ...vllm, gpu });
    expect(container(from)).toMatchObject({
      args: ['--model', 'org/weights', '--served-model-name', 'iris'],
      healthRoute: '/health',
      predictRoute: '/v1/chat/completions',
    });
    expect(uploaded(from)).toEqual([]);
    expect(resources(from, 'google_storage_bucket_iam_member').map(({ bucket }) => bucket)).not.toContain('weights');
  });

  test('is let into the bucket that its weights are in', () => {
    const server = ModelServer.vllm({ source: 'gs://weights/llama' });
    const from = synthesize({ server, gpu });
    expect(container(from).args).toEqual(expect.arrayContaining(['--load-format', 'runai_streamer']));
    const [reader] = resources(from, 'google_storage_bucket_iam_member').filter(({ bucket }) => bucket === 'weights');
    expect(reader.role).toBe('roles/storage.objectViewer');
    expect(reader.member).toContain('google_service_account.');
    expect(waitsFor(from, call(from, '/models:upload'))).toContainEqual(expect.stringMatching(/WeightsReader/));
  });

  test('is watched, and called busy, by its GPU', () => {
    const saturation = resources(synthesize({ ...vllm, gpu }), 'google_monitoring_alert_policy')
      .map((policy) => JSON.stringify(policy))
      .filter((policy) => /Saturation|90 %/.test(policy));
    expect(saturation).toEqual([expect.stringMatching(/online\/accelerator\/duty_cycle.*GPU above 90 %/)]);
  });

  test('streams, and more replicas come when the GPU is busy', () => {
    expect(endpoint({ ...vllm, gpu }).predictUrl).toMatch(/:streamRawPredict$/);
    const { dedicatedResources } = call(synthesize({ ...vllm, gpu }), ':deployModel').body.deployedModel;
    expect(dedicatedResources.machineSpec.acceleratorType).toBe('NVIDIA_L4');
    expect(dedicatedResources.autoscalingMetricSpecs[0].metricName).toMatch(/accelerator\/duty_cycle$/);
  });
});

test('another server is told the folder as a URL, and has the arguments, port and routes that were given', () => {
  const from = synthesize({ ...custom, environment: { LOG: 'debug' } });
  expect(container(from)).toMatchObject({
    args: ['--serve'],
    ports: [{ containerPort: 9000 }],
    healthRoute: '/ready',
    predictRoute: '/ask',
  });
  expect(variables(from).MODEL_DIR).toMatch(/^gs:\/\/.*\/models\/iris\/[0-9a-f]{64}$/);
  expect(variables(from).LOG).toBe('debug');
  expect(uploaded(from).map((name) => name.split('/')[3])).toEqual(['model.json', 'model.onnx', 'samples.json']);
});

describe('the image', () => {
  test('is copied into the region by Cloud Build, where Vertex AI may pull without a grant', () => {
    const from = synthesize(triton);
    expect(container(from).imageUri).toMatch(new RegExp(`^${REGION}-docker\\.pkg\\.dev/.*/runtime:[0-9a-f]{64}$`));
    const build = Object.entries<Template>(from.resource.restful_operation).find(([, { path }]) =>
      path.endsWith('/builds'),
    )!;
    expect(build[1].body.images).toEqual([container(from).imageUri]);
    expect(call(from, '/models:upload').depends_on).toContain(`restful_operation.${build[0]}`);
    const readers = resources(from, 'google_artifact_registry_repository_iam_member').filter(
      ({ role }) => role === 'roles/artifactregistry.reader',
    );
    expect(readers).toEqual([]);
  });

  test('is the same with another model, so that a new version copies nothing', () => {
    const other = Model.fromDirectory(writePackage({ version: '2' }));
    expect(container(synthesize({ ...triton, model: other })).imageUri).toBe(container(synthesize(triton)).imageUri);
  });

  test.each([IN_REGION, Token.asString({ resolve: () => 'known.at.apply/server:1' })])(
    'is used as it is: %s',
    (image) => {
      const from = synthesize({ server: ModelServer.triton({ image }) });
      expect(resources(from, 'google_artifact_registry_repository')).toEqual([]);
      expect(container(from).imageUri).not.toContain('/runtime:');
    },
  );

  test('is copied into a region that only apply knows, too', () => {
    const stack = googleStack();
    endpoint({ ...triton, region: new TerraformVariable(stack, 'region', { type: 'string' }).stringValue }, stack);
    expect(container(template(stack)).imageUri).toMatch(
      /^\$\{var\.region\}-docker\.pkg\.dev\/.*\/runtime:[0-9a-f]{64}$/,
    );
  });

  test('of the copy is the image and nothing else', () => {
    const { directory, digest } = serverImageContext('docker.io/someone/server:1');
    expect(readFileSync(join(directory, 'Dockerfile'), 'utf8')).toBe('FROM docker.io/someone/server:1\n');
    expect(serverImageContext('docker.io/someone/server:2').digest).not.toBe(digest);
  });
});

test('a canary has both versions in the layout of the server', () => {
  const stableModel = Model.fromDirectory(writePackage({ version: '0' }));
  const from = synthesize({ ...triton, stableModel, rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }) });
  expect(
    uploaded(from)
      .map((name) => name.split('/').slice(4).join('/'))
      .sort(),
  ).toEqual(['0/model.onnx', '1/model.onnx', 'config.pbtxt', 'config.pbtxt']);
  expect(new Set(uploaded(from).map((name) => name.split('/')[2])).size).toBe(2);
});

describe('a start', () => {
  test.each<[string, Partial<ManagedEndpointModelProps>, number]>([
    ['of a server that is given the model', triton, 300],
    ['of one that fetches it', { ...vllm, gpu }, 1800],
    ['as long as it is told', { ...vllm, gpu, startupSeconds: 3600 }, 3600],
  ])('%s may take its time before Vertex AI restarts it', (_, props, seconds) => {
    const { startupProbe, deploymentTimeout, healthRoute, ports } = container(synthesize(props));
    expect(startupProbe.httpGet).toEqual({ path: healthRoute, port: ports[0].containerPort });
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBe(seconds);
    expect(startupProbe.timeoutSeconds).toBeGreaterThan(startupProbe.periodSeconds);
    expect(deploymentTimeout).toBe(`${seconds + 1800}s`);
  });

  test('of Modelship’s runtime needs no probe of its own, because it listens before it has loaded', () => {
    const image = ImageSource.fromRegistry(IN_REGION);
    expect(container(synthesize({ image }))).not.toHaveProperty('startupProbe');
  });
});

describe('a version begins anew', () => {
  const address = (props: Partial<ManagedEndpointModelProps>) =>
    Object.keys(synthesize(props).resource.restful_operation).find((id) => /Upload/.test(id));

  const server = ModelServer.triton({ image: IN_REGION });

  test.each<[string, Partial<ManagedEndpointModelProps>]>([
    ['another server', { image: ImageSource.fromRegistry(IN_REGION), server: undefined }],
    ['another version of the server', { server: ModelServer.triton({ image: `${IN_REGION.slice(0, -1)}c` }) }],
    ['another time to start', { startupSeconds: 400 }],
  ])('with %s', (_, props) => {
    expect(address({ server, ...props })).not.toBe(address({ server }));
  });

  test('with another copy of an image, whose name only apply knows', () => {
    const { lifecycle } = call(synthesize(triton), '/models:upload');
    expect(lifecycle.replace_triggered_by).toEqual([expect.stringMatching(/^terraform_data\./)]);
  });

  test('with other arguments', () => {
    const of = (length: string) =>
      address({
        gpu,
        server: ModelServer.vllm({ image: IN_REGION, source: 'a/b', arguments: { 'max-model-len': length } }),
      });
    expect(of('1024')).not.toBe(of('2048'));
    expect(of('1024')).toBe(of('1024'));
  });

  test('with another route', () => {
    const of = (predictPath: string) => address({ server: ModelServer.custom({ image: IN_REGION, predictPath }) });
    expect(of('/a')).not.toBe(of('/b'));
  });
});

describe('refused', () => {
  const cases: [string, Partial<ManagedEndpointModelProps>, string[], RegExp][] = [
    [
      'a server that loads no gs:// URL',
      { server: ModelServer.torchServe(), model: torchScript },
      ['server UNSUPPORTED'],
      /mounts no folders, and TorchServe.*ContainerModel of modelship\/gcp/,
    ],
    [
      'a format that the server cannot load',
      { server: triton.server, model: savedModel },
      ['server UNSUPPORTED_FORMAT'],
      /Triton cannot load saved_model; it loads onnx, torchscript/,
    ],
    [
      'another format beside it',
      {
        ...triton,
        stableModel: savedModel,
        rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
      },
      ['stableModel UNSUPPORTED_FORMAT'],
      /serves every version, and cannot load saved_model/,
    ],
    ['no GPU where one is needed', vllm, ['gpu NO_GPU'], /vLLM needs a GPU; give one, such as `gpu: Gpu.nvidiaL4\(\)`/],
    [
      'weights in another cloud',
      { server: ModelServer.vllm({ source: 's3://weights/llama' }), gpu },
      ['server UNSUPPORTED_SOURCE'],
      /from S3, which it has no credentials to read here/,
    ],
    [
      'an image beside the server',
      { ...triton, image: ImageSource.fromRegistry(IN_REGION) },
      ['image CONFLICT'],
      /pass it to ModelServer instead/,
    ],
    [
      'an image for other machines',
      { server: ModelServer.custom({ image: IN_REGION, architectures: [ImageArchitecture.ARM64] }) },
      ['server WRONG_ARCHITECTURE'],
      /amd64 processors.*built for arm64/,
    ],
    ['what is no image', { server: ModelServer.custom({ image: 'a\nRUN b' }) }, ['server BAD_TEXT'], /got "a\\nRUN b"/],
    [
      'explanations in a protocol that Vertex AI does not speak',
      { ...triton, explanations: { samples: 5 } },
      ['explanations UNSUPPORTED'],
      /\{"instances": \[…\]\}, which Triton does not support/,
    ],
    [
      'limits that nothing enforces',
      { ...triton, maxPayloadBytes: 5, timeoutSeconds: 5 },
      ['maxPayloadBytes UNSUPPORTED', 'timeoutSeconds UNSUPPORTED'],
      /which Triton does not have/,
    ],
    [
      'a variable that the server is given already',
      { ...tensorflowServing, environment: { MODEL_NAME: 'other' } },
      ['environment.MODEL_NAME RESERVED_VARIABLE'],
      /sets it for TensorFlow Serving/,
    ],
    [
      'a start that is too long',
      { ...triton, startupSeconds: 5401 },
      ['startupSeconds OUT_OF_RANGE'],
      /60 to 5400 seconds/,
    ],
  ];

  test.each(cases)('%s', (_, props, faults, message) => {
    expect(faultsOf(() => endpoint(props))).toEqual(faults);
    expect(() => endpoint(props)).toThrow(message);
  });

  test('a start that only apply knows', () => {
    const stack = googleStack();
    const startupSeconds = new TerraformVariable(stack, 'seconds', { type: 'number' }).numberValue;
    expect(faultsOf(() => endpoint({ ...triton, startupSeconds }, stack))).toEqual(['startupSeconds UNRESOLVED_TOKEN']);
  });

  test('all of it at once', () => {
    const props = { server: vllm.server, image: ImageSource.fromRegistry(IN_REGION), timeoutSeconds: 5 };
    expect(faultsOf(() => endpoint(props))).toEqual(['gpu NO_GPU', 'image CONFLICT', 'timeoutSeconds UNSUPPORTED']);
  });
});
