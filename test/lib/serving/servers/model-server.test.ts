import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Model } from '../../../../lib/model/model.js';
import { ImageArchitecture, ModelServer } from '../../../../lib/serving/index.js';
import { writePackage } from '../../../support/packages.js';

const onnx = Model.fromDirectory(writePackage({ version: '7' }));
const saved = Model.fromDirectory(
  writePackage({
    format: 'saved_model',
    artifact: 'saved',
    content: { 'saved/saved_model.pb': 'graph', 'saved/variables/variables.index': 'index', 'samples.json': '[]' },
  }),
);
const torchscript = Model.fromDirectory(
  writePackage({ format: 'torchscript', artifact: 'net.pt', content: { 'net.pt': 'module', 'samples.json': '[]' } }),
);

/** Paths, with what is in the files that are written and not copied. */
const layout = (server: ModelServer, model: Model) =>
  Object.fromEntries(
    server.layout(model).map(({ path, content, source }) => [path, content ?? readFileSync(source!, 'utf8')]),
  );

test('Modelship’s runtime takes the package as it is, and nothing with another digest', () => {
  const { spec } = ModelServer.modelship();
  expect(Object.keys(layout(ModelServer.modelship(), onnx))).toEqual(['model.json', 'model.onnx', 'samples.json']);
  expect(spec.environment(onnx, '/models')).toEqual({
    MODELSHIP_MODEL: '/models',
    MODELSHIP_MODEL_DIGEST: onnx.digest,
  });
  expect([spec.port, spec.readyPath(onnx), spec.predictPath(onnx)]).toEqual([
    8080,
    '/v2/health/ready',
    '/v1/models/iris:predict',
  ]);
});

test('TensorFlow Serving finds the graph under name and version', () => {
  const server = ModelServer.tensorflowServing();
  expect(layout(server, saved)).toEqual({
    'iris/1/saved_model.pb': 'graph',
    'iris/1/variables/variables.index': 'index',
  });
  expect(server.spec.environment(saved, '/models/iris')).toEqual({
    MODEL_NAME: 'iris',
    MODEL_BASE_PATH: '/models/iris',
  });
  expect(server.spec.formats).toEqual(['saved_model']);
});

test('TorchServe finds an archive that is a folder, and keeps management to itself', () => {
  const server = ModelServer.torchServe({ handler: 'image_classifier' });
  const files = layout(server, torchscript);
  expect(files['iris/model.pt']).toBe('module');
  expect(JSON.parse(files['iris/MAR-INF/MANIFEST.json']!).model).toEqual({
    modelName: 'iris',
    serializedFile: 'model.pt',
    handler: 'image_classifier',
    modelVersion: '1',
  });
  expect(files['config.properties']).toContain('management_address=http://127.0.0.1:8081');
  expect(server.spec.command!(torchscript, '/store')).toContain('iris=/store/iris');
});

test('Triton finds the model under its backend’s name, with the signature that the manifest has', () => {
  const files = layout(ModelServer.triton(), onnx);
  expect(files['iris/7/model.onnx']).toBe('not real');
  expect(files['iris/config.pbtxt']).toBe(
    [
      'name: "iris"',
      'backend: "onnxruntime"',
      'max_batch_size: 0',
      'input { name: "features" data_type: TYPE_FP32 dims: [-1, 4] }',
      'output { name: "probabilities" data_type: TYPE_FP32 dims: [-1, 3] }',
      '',
    ].join('\n'),
  );
  expect(Object.keys(layout(ModelServer.triton(), saved))).toContain('iris/1/model.savedmodel/saved_model.pb');
});

test('vLLM serves the weights that were named, under the model’s name', () => {
  const { spec } = ModelServer.vllm({ source: 's3://bucket/qwen/', arguments: { 'max-model-len': '4096' } });
  expect(spec.command!(onnx, '/models')).toEqual([
    ...['--model', 's3://bucket/qwen/', '--served-model-name', 'iris'],
    ...['--load-format', 'runai_streamer', '--max-model-len', '4096'],
  ]);
  expect(spec.sageMakerEnvironment!(onnx)).toMatchObject({
    SM_VLLM_MODEL: 's3://bucket/qwen/',
    SM_VLLM_MAX_MODEL_LEN: '4096',
  });
  expect([spec.needsGpu, spec.streams]).toEqual([true, true]);
  expect(spec.layout(onnx)).toEqual([]);
});

test('a custom server gets the routes that were given, and SageMaker’s by default', () => {
  const { spec } = ModelServer.custom({ image: 'example/server:1', port: 9, modelFolderVariable: 'MODEL_DIR' });
  expect([spec.port, spec.livePath(onnx), spec.readyPath(onnx), spec.predictPath(onnx)]).toEqual([
    9,
    '/ping',
    '/ping',
    '/invocations',
  ]);
  expect(spec.environment(onnx, '/models')).toEqual({ MODEL_DIR: '/models' });
  expect(spec.sageMakerEnvironment!(onnx)).toEqual({ MODEL_DIR: '/opt/ml/model' });
});

test.each([
  ['TensorFlow Serving', ModelServer.tensorflowServing(), ['amd64']],
  ['TorchServe', ModelServer.torchServe(), ['amd64']],
  ['Triton', ModelServer.triton(), ['arm64', 'amd64']],
  ['vLLM', ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' }), ['arm64', 'amd64']],
  ['a copy of which nothing is said', ModelServer.triton({ image: 'example/triton:1' }), ['amd64']],
  [
    'a copy that is built for Arm',
    ModelServer.triton({ image: 'example/triton:1', architectures: [ImageArchitecture.ARM64] }),
    ['arm64'],
  ],
  ['a custom server', ModelServer.custom({ image: 'example/server:1' }), ['amd64']],
])('says what the image of %s is built for', (_what, { spec }, expected) => {
  expect(spec.architectures.map(({ name }) => name)).toEqual(expected);
});

test('refuses an image that is built for nothing', () => {
  expect(() => ModelServer.triton({ architectures: [] })).toThrow(/got no `architectures`/);
});

test.each([
  ['s3://weights/qwen/3/', { kind: 's3', bucket: 'weights', prefix: 'qwen/3' }],
  ['gs://weights', { kind: 'gcs', bucket: 'weights', prefix: '' }],
  ['/mnt/models/qwen', { kind: 'folder' }],
  ['Qwen/Qwen3-0.6B', { kind: 'hub' }],
])('vLLM says where it gets %s', (source, expected) => {
  expect(ModelServer.vllm({ source }).spec.source).toEqual(expected);
});

test('vLLM streams weights from the buckets of Google, too', () => {
  expect(ModelServer.vllm({ source: 'gs://b/qwen' }).spec.command!(onnx, '/models')).toContain('runai_streamer');
});

test('Triton loads SavedModels only from an image that may have the backend, as NVIDIA’s has not', () => {
  expect(ModelServer.triton().spec.formats).toEqual(['onnx', 'torchscript']);
  expect(ModelServer.triton({ image: 'example/triton:24.12' }).spec.formats).toEqual([
    'onnx',
    'saved_model',
    'torchscript',
  ]);
});

test('TorchServe writes where any user may, and nowhere else', () => {
  const { spec } = ModelServer.torchServe();
  expect(spec.workingFolder).toBe('/tmp');
  expect(spec.environment(torchscript, '/store')).toEqual({
    TEMP: '/tmp',
    LOG_LOCATION: '/tmp/logs',
    METRICS_LOCATION: '/tmp/logs',
  });
});

test('only Modelship’s runtime is Modelship, whose image the cloud provides', () => {
  expect(ModelServer.modelship().isModelship).toBe(true);
  expect(ModelServer.triton().isModelship).toBe(false);
  expect(ModelServer.custom({ image: 'host/image:1' }).isModelship).toBe(false);
});
