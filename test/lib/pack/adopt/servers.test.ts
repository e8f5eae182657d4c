import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Adopted, ForeignTool } from '../../../../lib/pack/adopt/adopted.js';
import { sageMaker } from '../../../../lib/pack/adopt/sagemaker.js';
import { tensorFlowServing } from '../../../../lib/pack/adopt/tensorflow-serving.js';
import { triton } from '../../../../lib/pack/adopt/triton.js';
import { ALL, shareOf } from '../../../support/share.js';
import { toolPython } from '../../../support/tool-python.js';
import { type Answer, ARTEFACTS, answersOf, expectAnswers, PYTHON, pack } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-servers-'));
const models = ALL ? join(folder, 'models') : join(ARTEFACTS, 'models');
const onnx = join(ARTEFACTS, 'mlflow', 'onnx_network');

beforeAll(() => {
  vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
  if (!ALL) return;
  execFileSync(toolPython('sagemaker'), [join(__dirname, 'save_models.py'), models, '100'], { stdio: 'pipe' });
}, 1_200_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Files of an artefact: texts, and copies of the files or folders at a path. */
type Files = Readonly<Record<string, string | { readonly copy: string }>>;

/** Writes an artefact into a folder of its own. */
function artefact(files: Files): string {
  const root = mkdtempSync(join(folder, 'artefact-'));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'string') writeFileSync(path, content);
    else cpSync(content.copy, path, { recursive: true });
  }
  return root;
}

/** Writes an artefact as SageMaker's `model.tar.gz`. */
function archive(files: Files): string {
  const root = artefact(files);
  create({ file: `${root}.tar.gz`, cwd: root, gzip: true, sync: true }, ['.']);
  return `${root}.tar.gz`;
}

const model = (name: string) => ({ copy: join(models, name) });
const network = { copy: join(onnx, 'model.onnx') };

/** Answers of a framework, as rows of JSON. */
const rows = (name: string): readonly Answer[] => answersOf(join(models, name));

/** Requests of the Open Inference Protocol with the same answers. */
function openInference(name: string, input: string, output: string, version = '1'): readonly Answer[] {
  return rows(name).map(({ request, response }) => {
    const [table, scores] = [request as number[][], response as number[][]];
    const tensor = (title: string, data: number[][]) => {
      return { name: title, datatype: 'FP32', shape: [data.length, data[0]!.length], data: data.flat() };
    };
    return {
      request: { inputs: [tensor(input, table)] },
      response: { model_name: 'model', model_version: version, outputs: [tensor(output, scores)] },
    };
  });
}

/** Requests of TensorFlow Serving with the same answers. */
function predictions(name: string): readonly Answer[] {
  return rows(name).map(({ request, response }) => ({ request: { inputs: request }, response: { outputs: response } }));
}

const INFER = '/v2/models/model/infer';
const PREDICT = '/v1/models/model:predict';

/** Settings of a model of MLServer. */
function mlserverSettings(implementation: string, uri: string): Files {
  const settings = { name: 'iris', implementation, parameters: { uri, version: 'v0.1.0' } };
  return { 'model-settings.json': JSON.stringify(settings) };
}

/** Folder of a model of MLServer, with the file that one of `save_models.py` has there. */
function mlserver(implementation: string, uri: string, saved: string): Files {
  return { ...mlserverSettings(implementation, uri), [uri]: model(saved) };
}

/** Folder of an ONNX model of MLflow. */
function mlflowModel(path: string): Files {
  const description = 'flavors:\n  onnx:\n    data: model.onnx\n';
  return { [`${path}/MLmodel`]: description, [`${path}/model.onnx`]: model('model.onnx') };
}

const VERSION_NOTE = 'version: v0.1.0 is replaced by a whole number; choose it with `--version`';

/** Modules of BentoML, with the file that each writes, the model in it, and its format. */
const BENTOS = [
  ['sklearn', 'saved_model.pkl', 'regression.joblib', 'pickle'],
  ['picklable_model', 'saved_model.pkl', 'regression.joblib', 'pickle'],
  ['xgboost', 'saved_model.ubj', 'xgboost-model', 'xgboost'],
  ['lightgbm', 'saved_model.ubj', 'lightgbm.txt', 'lightgbm'],
  ['onnx', 'saved_model.onnx', 'model.onnx', 'onnx'],
  ['tensorflow', '.', 'saved_model', 'saved_model'],
] as const;

const CONFIG = `name: "iris"
backend: "pytorch"
max_batch_size: 8
input { name: "INPUT__0" data_type: TYPE_FP32 dims: 4 }
output { name: "OUTPUT__0" data_type: TYPE_FP32 dims: 3 label_filename: "labels.txt" }
dynamic_batching { max_queue_delay_microseconds: 2500 }
instance_group { count: 2 }
`;

interface Case {
  readonly source: () => string;
  readonly route: string;
  readonly answers: () => readonly Answer[];
  readonly manifest: object;
  readonly notes?: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  'SageMaker, XGBoost': {
    source: () => archive({ 'xgboost-model': model('xgboost-model') }),
    route: '/invocations',
    answers: () => rows('xgboost-model'),
    manifest: { format: 'xgboost', origin: 'sagemaker' },
  },
  'SageMaker, scikit-learn': {
    source: () =>
      archive({
        'model.joblib': model('model.joblib'),
        'code/inference.py':
          'import joblib\n\n\ndef model_fn(folder):\n    return joblib.load(folder + "/model.joblib")\n',
      }),
    route: '/invocations',
    answers: () => rows('model.joblib'),
    manifest: { format: 'pickle', origin: 'sagemaker', outputs: [{ name: 'label' }] },
    notes: ['code/inference.py: the model is loaded from its file instead of by the script; `--trust-code` runs it'],
  },
  'SageMaker, TensorFlow': {
    source: () => archive({ 'export/Servo/7': model('saved_model') }),
    route: '/invocations',
    answers: () =>
      rows('saved_model').map(({ request, response }) => ({
        request: { instances: request },
        response: { predictions: response },
      })),
    manifest: { format: 'saved_model', version: '7', origin: 'sagemaker' },
  },
  'Triton, PyTorch': {
    source: () =>
      artefact({ 'iris/config.pbtxt': CONFIG, 'iris/labels.txt': 'a\nb\nc\n', 'iris/1/model.pt': model('model.pt') }),
    route: INFER,
    answers: () => openInference('model.pt', 'INPUT__0', 'OUTPUT__0'),
    manifest: {
      format: 'torchscript',
      origin: 'triton',
      inputs: [{ name: 'INPUT__0', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'OUTPUT__0', datatype: 'FP32', shape: [-1, 3], labels: ['a', 'b', 'c'] }],
    },
    notes: [
      'dynamic_batching.max_queue_delay_microseconds: set MODELSHIP_BATCH_WINDOW_MILLISECONDS=3 for the server',
      'instance_group: set MODELSHIP_WORKERS=2 for models that Python runs',
    ],
  },
  'Triton, ONNX': {
    source: () => artefact({ 'config.pbtxt': 'platform: "onnxruntime_onnx"', '1/model.onnx': model('model.onnx') }),
    route: INFER,
    answers: () => openInference('model.onnx', 'rows', 'scores'),
    manifest: { format: 'onnx', origin: 'triton' },
  },
  'Triton, TensorFlow': {
    source: () => artefact({ 'config.pbtxt': 'backend: "tensorflow"', '4/model.savedmodel': model('saved_model') }),
    route: INFER,
    answers: () => openInference('saved_model', 'rows', 'scores', '4'),
    manifest: { format: 'saved_model', origin: 'triton', version: '4' },
  },
  'TensorFlow Serving': {
    source: () =>
      artefact({
        'models.config':
          'model_config_list { config { name: "iris" base_path: "/models/iris" model_platform: "tensorflow" } }',
        'iris/3': model('saved_model'),
        'iris/20': model('saved_model'),
      }),
    route: PREDICT,
    answers: () => predictions('saved_model'),
    manifest: { format: 'saved_model', version: '20', origin: 'tensorflow_serving' },
    notes: ['versions: 3 also exist, and a package has one; pack the folder 3 with `--version 3`'],
  },
  'TensorFlow Serving, base path': {
    source: () => artefact({ '00000005': model('saved_model') }),
    route: PREDICT,
    answers: () => predictions('saved_model'),
    manifest: { format: 'saved_model', version: '5', origin: 'tensorflow_serving' },
  },
  'MLServer, scikit-learn': {
    source: () => artefact(mlserver('mlserver_sklearn.SKLearnModel', './model.joblib', 'model.joblib')),
    route: INFER,
    answers: () =>
      rows('model.joblib').map(({ request, response }) => {
        const table = request as number[][];
        const labels = response as number[];
        const input = { name: 'features', datatype: 'FP64', shape: [table.length, 4], data: table.flat() };
        const output = { name: 'label', datatype: 'INT64', shape: [labels.length], data: labels };
        return {
          request: { inputs: [input] },
          response: { model_name: 'model', model_version: '1', outputs: [output] },
        };
      }),
    manifest: { format: 'pickle', origin: 'mlserver' },
    notes: [VERSION_NOTE],
  },
  'MLServer, XGBoost': {
    source: () => artefact(mlserver('mlserver_xgboost.XGBoostModel', './model.json', 'xgboost-model')),
    route: INFER,
    answers: () => openInference('xgboost-model', 'features', 'probabilities'),
    manifest: { format: 'xgboost', origin: 'mlserver' },
    notes: [VERSION_NOTE],
  },
  'MLServer, LightGBM': {
    source: () => artefact(mlserver('mlserver_lightgbm.LightGBMModel', './model.bst', 'lightgbm.txt')),
    route: PREDICT,
    answers: () => predictions('lightgbm.txt'),
    manifest: { format: 'lightgbm', origin: 'mlserver' },
    notes: [VERSION_NOTE],
  },
  'MLServer, ONNX': {
    source: () => artefact(mlserver('mlserver_onnx.OnnxModel', './model.onnx', 'model.onnx')),
    route: INFER,
    answers: () => openInference('model.onnx', 'rows', 'scores'),
    manifest: { format: 'onnx', origin: 'mlserver' },
    notes: [VERSION_NOTE],
  },
  'MLServer, MLflow': {
    source: () => artefact({ ...mlserverSettings('mlserver_mlflow.MLflowRuntime', './iris'), ...mlflowModel('iris') }),
    route: INFER,
    answers: () => openInference('model.onnx', 'rows', 'scores'),
    manifest: { format: 'onnx', origin: 'mlserver' },
    notes: [VERSION_NOTE],
  },
  'BentoML, mlflow': {
    source: () => archive({ 'model.yaml': 'name: iris\nmodule: bentoml.mlflow\n', ...mlflowModel('mlflow_model') }),
    route: INFER,
    answers: () => openInference('model.onnx', 'rows', 'scores'),
    manifest: { format: 'onnx', origin: 'bentoml' },
  },
  'MLServer, scikit-learn regression': {
    source: () => artefact(mlserver('mlserver_sklearn.SKLearnModel', './model.joblib', 'regression.joblib')),
    route: PREDICT,
    answers: () => predictions('regression.joblib'),
    manifest: { format: 'pickle', origin: 'mlserver' },
    notes: [VERSION_NOTE],
  },
  ...Object.fromEntries(
    BENTOS.map(([module, file, saved, format]) => [
      `BentoML, ${module}`,
      {
        source: () => archive({ 'model.yaml': `name: iris\nmodule: bentoml.${module}\n`, [file]: model(saved) }),
        route: PREDICT,
        answers: () => predictions(saved),
        manifest: { format, origin: 'bentoml' },
      } satisfies Case,
    ]),
  ),
};

test.each(shareOf(Object.keys(CASES), 2, 'servers'))(
  '%s: the package responds as its framework does',
  { timeout: 300_000 },
  async (name) => {
    const { source, route, answers, manifest, notes = [] } = CASES[name]!;
    const packed = await pack(source(), { trustPickle: true });
    expect(packed.manifest).toMatchObject(manifest);
    expect(packed.notes).toEqual(notes);
    await expectAnswers(packed.folder, route, answers());
    packed.remove();
  },
);

test('folders of Triton, MLServer and BentoML with ONNX models need no Python', { timeout: 120_000 }, async () => {
  vi.stubEnv('MODELSHIP_PYTHON', '/missing/python');
  const answers = answersOf(onnx).map(({ request, response }) => {
    const { inputs } = request as { inputs: number[][] };
    const { scores } = (response as { predictions: { scores: number[][] } }).predictions;
    return { request: { inputs: { rows: inputs } }, response: { outputs: scores } };
  });
  const settings = {
    implementation: 'mlserver_onnx.OnnxModel',
    parallel_workers: 2,
    max_batch_size: 8,
    parameters: { environment_tarball: 'environment.tar.gz' },
  };
  const config = 'platform: "onnxruntime_onnx" optimization { }';
  for (const [source, version, origin, ...expected] of [
    [artefact({ '1/model.onnx': network, '12/model.onnx': network }), '12', 'triton', /^versions: 1 also exist/],
    [artefact({ 'config.pbtxt': config, '2/model.onnx': network }), '2', 'triton', /^optimization: .*no counterpart/],
    [
      artefact({
        'model-settings.json': JSON.stringify(settings),
        'settings.json': '{"parallel_workers": 3}',
        'model.onnx': network,
      }),
      '1',
      'mlserver',
      /^max_batch_size: the server measures/,
      /^parallel_workers: set MODELSHIP_WORKERS=2/,
      /^parameters\.environment_tarball: /,
      /^settings\.json, parallel_workers: set MODELSHIP_WORKERS=3/,
      /^settings\.json: the settings of the server are not kept/,
    ],
    [archive({ 'model.yaml': 'name: iris\nmodule: bentoml.onnx\n', 'saved_model.onnx': network }), '1', 'bentoml'],
  ] as const) {
    const { folder: packed, manifest, notes, remove } = await pack(source);
    expect(manifest).toMatchObject({ format: 'onnx', version, origin });
    expect(notes).toEqual(expected.map((note) => expect.stringMatching(note)));
    await expectAnswers(packed, '/v1/models/model:predict', answers);
    remove();
  }
  vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
});

test('an archive may hold the folder itself, and be a ZIP archive', { timeout: 120_000 }, async () => {
  const root = artefact({ 'iris/config.pbtxt': 'backend: "onnxruntime"', 'iris/5/model.onnx': network });
  create({ file: `${root}.tgz`, cwd: root, gzip: true, sync: true }, ['iris']);
  execFileSync('python3', ['-m', 'zipfile', '-c', `${root}.zip`, 'iris/'], { cwd: root });
  for (const source of [`${root}.tgz`, `${root}.zip`]) {
    const { manifest, remove } = await pack(source);
    expect(manifest).toMatchObject({ format: 'onnx', version: '5', origin: 'triton' });
    remove();
  }
});

/** Reads a folder without packing it. */
function read(tool: ForeignTool, source: string): Promise<Adopted> {
  return tool.read(source, {
    name: 'model',
    temporary: folder,
    isTemporary: false,
    trustPickle: false,
    trustCode: false,
    onStep: () => {},
  });
}

/** Files of versions of a SavedModel, by folder. */
function savedModels(...folders: string[]): Files {
  return Object.fromEntries(folders.map((each) => [`${each}/saved_model.pb`, '']));
}

test('the numbers of versions have no leading zeros, and folders may have some', { timeout: 60_000 }, async () => {
  const source = artefact({ '00000123/model.onnx': network, '007/model.onnx': network });
  const { manifest, notes, remove } = await pack(source);
  expect(manifest).toMatchObject({ version: '123', origin: 'triton' });
  expect(notes).toEqual(['versions: 007 also exist, and a package has one; pack the folder 007 with `--version 7`']);
  remove();
});

test.each([
  ['all', '', '123'],
  ['one', 'versions: 123', '123'],
  ['several', 'versions: [20, 123, 3]', '123'],
])('the latest version is read where a policy lists %s', async (_, listed, version) => {
  const policy = listed && `specific { ${listed} }`;
  const serving = artefact({
    'models.config': `model_config_list { config { base_path: "/m" model_version_policy { ${policy} } } }`,
    ...savedModels('m/3', 'm/20', 'm/00000123'),
  });
  const { model: saved, version: served } = await read(tensorFlowServing, serving);
  expect([saved, served]).toEqual([join(serving, 'm', '00000123'), version]);
  const repository = artefact({
    'config.pbtxt': `platform: "onnxruntime_onnx" version_policy { ${policy} }`,
    '3/model.onnx': '',
    '20/model.onnx': '',
    '00000123/model.onnx': '',
  });
  const adopted = await read(triton, repository);
  expect([adopted.model, adopted.version]).toEqual([join(repository, '00000123', 'model.onnx'), version]);
});

test('tensors of PyTorch in Triton are in the order of their indexes, and a reshape is noted', async () => {
  const config = (backend: string) => `backend: "${backend}" max_batch_size: 8
input { name: "b__1" data_type: TYPE_STRING dims: 2 }
input { name: "a__0" data_type: TYPE_FP32 dims: 1 reshape { shape: [] } }
output { name: "y__10" data_type: TYPE_FP32 dims: 1 }
output { name: "y__9" data_type: TYPE_FP32 dims: 1 }
`;
  const a = { name: 'a__0', datatype: 'FP32', shape: [-1] };
  const b = { name: 'b__1', datatype: 'BYTES', shape: [-1, 2] };
  const notes = ['a__0, reshape: requests have the shape that the model takes'];
  const pytorch = await read(triton, artefact({ 'config.pbtxt': config('pytorch'), '1/model.pt': '' }));
  expect(pytorch).toMatchObject({ inputs: [a, b], outputNames: ['y__9', 'y__10'], notes });
  const other = await read(triton, artefact({ 'config.pbtxt': config('onnxruntime'), '1/model.onnx': '' }));
  expect(other).toMatchObject({ inputs: [b, a], outputNames: ['y__10', 'y__9'], notes });
  const unnumbered = config('pytorch').replace('a__0', 'a');
  expect(await read(triton, artefact({ 'config.pbtxt': unnumbered, '1/model.pt': '' }))).toMatchObject({
    inputs: [{ name: 'b__1' }, { name: 'a' }],
  });
});

test('each script of SageMaker that is not run is noted', async () => {
  const log = 'import logging\n\nhandler = logging.StreamHandler()\nlogging.root.addHandler(handler)\n';
  const source = artefact({ 'model.joblib': '', 'code/serve.py': 'import helpers\n', 'code/helpers.py': log });
  expect((await read(sageMaker, source)).notes).toEqual([
    'code/helpers.py: the model is loaded from its file instead of by the script',
    'code/serve.py: the model is loaded from its file instead of by the script',
  ]);
});

test.each([
  ['imported', 'from steps import predict_fn\n', 'inference.py'],
  [
    'indented',
    'try:\n    import torch\nexcept ImportError:\n    def predict_fn(data, model):\n        pass\n',
    'inference.py',
  ],
  ['assigned', 'predict_fn = lambda data, model: model(data)\n', 'inference.py'],
  ['in another script', 'def predict_fn(data, model):\n    pass\n', 'serve.py'],
])('a step of SageMaker that is %s makes its script the handler', async (_, text, file) => {
  const source = artefact({ 'model.joblib': '', 'code/a.py': '', [`code/${file}`]: text });
  const module = file.replace('.py', '');
  expect((await read(sageMaker, source)).handler).toEqual({ kind: 'sagemaker', module });
});

test.each<[string, () => string, string, RegExp]>([
  [
    'a script beside the versions of a SavedModel',
    () =>
      archive({
        '1': model('saved_model'),
        'code/inference.py': 'def input_handler(data, context):\n    return data\n',
      }),
    'FORMAT_UNSUPPORTED',
    /inference\.py names input_handler/,
  ],
  [
    'a Python model of Triton',
    () => artefact({ 'config.pbtxt': 'backend: "python"', '1/model.py': '' }),
    'FORMAT_UNSUPPORTED',
    /config\.pbtxt has the backend python, and onnxruntime, .* can be packed/,
  ],
  [
    'a backend of Triton named as a member of objects',
    () => artefact({ 'config.pbtxt': 'backend: "constructor"', '1/model.py': '' }),
    'FORMAT_UNSUPPORTED',
    /config\.pbtxt has the backend constructor, and onnxruntime, .* can be packed/,
  ],
  [
    'a repository of several models',
    () => artefact({ 'one/1/model.onnx': network, 'two/1/model.onnx': network }),
    'FILE_MISSING',
    /is a repository of one, two, and a package has one model\. Give the name of one/,
  ],
  [
    'a version that is missing',
    () => artefact({ 'config.pbtxt': 'version_policy { specific { versions: 4 } }', '3/model.onnx': network }),
    'FILE_MISSING',
    /config\.pbtxt names 4\/model\.onnx, and .* is missing/,
  ],
  [
    'a configuration with a mistake',
    () => artefact({ 'config.pbtxt': 'input {', '3/model.onnx': network }),
    'ARTIFACT_INVALID',
    /config\.pbtxt, line 1: the end of the file is not expected/,
  ],
  [
    'a configuration of several models',
    () => artefact({ 'models.config': 'model_config_list { config { name: "a" } config { name: "b" } }' }),
    'FILE_MISSING',
    /lists a, b, and a package has one model/,
  ],
  [
    'a class of its own in MLServer',
    () => artefact({ 'model-settings.json': '{"name": "a", "implementation": "own.Model"}' }),
    'FORMAT_UNSUPPORTED',
    /has the implementation "own\.Model", and mlserver_sklearn\.SKLearnModel, /,
  ],
  [
    'a class named as a member of objects in MLServer',
    () => artefact({ 'model-settings.json': '{"implementation": "constructor"}' }),
    'FORMAT_UNSUPPORTED',
    /has the implementation "constructor", and mlserver_sklearn\.SKLearnModel, /,
  ],
  [
    'settings of MLServer that are not an object',
    () => artefact({ 'model-settings.json': 'null' }),
    'FORMAT_UNSUPPORTED',
    /has the implementation "", and /,
  ],
  [
    'a folder without a model of MLflow in MLServer',
    () => artefact({ 'model-settings.json': '{"implementation": "mlserver_mlflow.MLflowRuntime"}' }),
    'FILE_MISSING',
    /has no file MLmodel/,
  ],
  [
    'a module named as a member of objects in BentoML',
    () => artefact({ 'model.yaml': 'module: bentoml.constructor\n' }),
    'FORMAT_UNSUPPORTED',
    /\(module: bentoml\.constructor\) saved the model, and those of sklearn, /,
  ],
  [
    'a service of BentoML',
    () => artefact({ 'bentofile.yaml': 'service: "service:Iris"', 'service.py': '' }),
    'FORMAT_UNSUPPORTED',
    /is a service of BentoML, .* `bentoml models export TAG model\.bentomodel`/,
  ],
  [
    'a model of BentoML by another library',
    () => artefact({ 'model.yaml': 'module: bentoml.fastai\n', 'saved_model.pkl': '' }),
    'FORMAT_UNSUPPORTED',
    /\(module: bentoml\.fastai\) saved the model, and those of sklearn, /,
  ],
  [
    'a path that leads out',
    () =>
      artefact({
        'model-settings.json': '{"implementation": "mlserver_onnx.OnnxModel", "parameters": {"uri": "../../"}}',
      }),
    'ARTIFACT_INVALID',
    /\(parameters\.uri\) names \.\.\/\.\.\/, which leads out/,
  ],
  [
    'a package of Core ML',
    () => artefact({ 'Manifest.json': '{}', 'Data/com.apple.CoreML/model.mlmodel': '' }),
    'FORMAT_UNKNOWN',
    /is a package of Core ML, which only Apple's systems run/,
  ],
  [
    'two tools in one folder',
    () => artefact({ 'config.pbtxt': '', '1/model.onnx': network, 'model-settings.json': '{}' }),
    'FORMAT_UNKNOWN',
    /has files of Triton \(config\.pbtxt\) and of MLServer \(model-settings\.json\)/,
  ],
  [
    'an archive of no tool',
    () => archive({ 'weights.h5': 'x', 'notes.txt': 'y' }),
    'FORMAT_UNKNOWN',
    /is an archive of notes\.txt, weights\.h5, which no known tool saved/,
  ],
])('%s is refused', async (_, source, code, message) => {
  await expect(pack(source())).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
