import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ALL, shareOf } from '../../../support/share.js';
import { toolPython } from '../../../support/tool-python.js';
import { ARTEFACTS, answersOf, expectAnswers, PYTHON, pack } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-mlflow-'));
const committed = join(ARTEFACTS, 'mlflow');
const models = ALL ? join(folder, 'models') : committed;

beforeAll(() => {
  vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
  if (!ALL) return;
  const python = toolPython('mlflow');
  execFileSync(python, [join(__dirname, 'save_mlflow.py'), models, '100'], { stdio: 'pipe' });
  // The frameworks alone lack skops.
  vi.stubEnv('MODELSHIP_PYTHON', python);
}, 1_200_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Formats by the name of the model. */
const FORMATS = {
  sklearn_label: 'pickle',
  sklearn_scores: 'pickle',
  sklearn_names: 'pickle',
  sklearn_table: 'pickle',
  lightgbm_booster: 'lightgbm',
  xgboost_booster: 'xgboost',
  xgboost_regressor: 'xgboost',
  xgboost_label: 'xgboost',
  pytorch_module: 'torch_pickle',
  keras_network: 'saved_model',
  onnx_network: 'onnx',
  ...(ALL && {
    sklearn_skops: 'skops',
    sklearn_bayes: 'pickle',
    sklearn_boosting: 'pickle',
    sklearn_clusters: 'pickle',
    sklearn_extra_trees: 'pickle',
    sklearn_forest: 'pickle',
    sklearn_histograms: 'pickle',
    sklearn_isolation: 'pickle',
    sklearn_neighbors: 'pickle',
    sklearn_perceptron: 'pickle',
    sklearn_process: 'pickle',
    sklearn_ridge: 'pickle',
    sklearn_tree: 'pickle',
    sklearn_vectors: 'pickle',
    lightgbm_label: 'skops',
  }),
} as const;

/** What packing notes, by the name of the model. */
const NOTES: Readonly<Record<string, readonly string[]>> = {
  // Its class is in the code beside the model.
  pytorch_module: ['it imports networks.Scores (model.pth/model/data.pkl), which may run any code'],
};

const names = Object.keys(FORMATS);

test.each(shareOf(names, 4, 'mlflow'))(
  '%s responds as the server of MLflow does',
  { timeout: 240_000 },
  async (name) => {
    const artefact = join(models, name);
    const { manifest, notes, folder: packed, remove } = await pack(artefact, { trustPickle: true });
    expect(manifest).toMatchObject({ format: FORMATS[name as keyof typeof FORMATS], origin: 'mlflow' });
    expect(notes).toEqual(NOTES[name] ?? []);
    await expectAnswers(packed, '/invocations', answersOf(artefact));
    remove();
  },
);

/** Returns a copy of a committed model with one more file. */
function withFile(name: string, file: string, text: string): string {
  const copy = mkdtempSync(join(folder, `${name}-`));
  cpSync(join(committed, name), copy, { recursive: true });
  writeFileSync(join(copy, file), text);
  return copy;
}

/** Returns a copy of a committed model with one file changed. */
function changed(name: string, file: string, change: (text: string) => string): string {
  return withFile(name, file, change(readFileSync(join(committed, name, file), 'utf8')));
}

/** Returns a copy of a committed ONNX model with an input example, and perhaps another change of `MLmodel`. */
function withExample(example: unknown, change = (text: string) => text): string {
  const model = changed('onnx_network', 'MLmodel', (text) =>
    change(text).concat('saved_input_example_info:\n  serving_input_path: serving_input_example.json\n'),
  );
  writeFileSync(join(model, 'serving_input_example.json'), JSON.stringify(example));
  return model;
}

test('an input example becomes golden samples, and what is not kept is noted', { timeout: 120_000 }, async () => {
  const params = JSON.stringify([{ name: 'top_k', type: 'long', default: 3, shape: null }]);
  const example = { dataframe_split: { columns: ['rows'], data: [[[1, 2, 3, 4]], [[5, 6, 7, 8]]] } };
  const model = withExample(example, (text) =>
    text
      .replace('params: null', `params: '${params}'`)
      .replace('onnx_session_options: null', 'onnx_session_options: {intra_op_num_threads: 1}'),
  );
  const { manifest, notes, folder: packed, remove } = await pack(model);
  expect(manifest.samples.count).toBe(2);
  expect(notes).toEqual([
    'onnx_session_options: the server chooses threads and optimizations itself',
    'top_k: the parameter keeps the default of the model, and requests cannot set it',
  ]);
  expect(JSON.parse(readFileSync(join(packed, 'origin.json'), 'utf8'))).toEqual({ format: 'mlflow', notes });
  remove();
});

test('a large batch as input example is cut', { timeout: 60_000 }, async () => {
  const { manifest, folder: packed, remove } = await pack(withExample({ inputs: Array(25).fill([1, 2, 3, 4]) }));
  expect(manifest.samples.count).toBe(1);
  const [{ request }] = JSON.parse(readFileSync(join(packed, 'samples.json'), 'utf8'));
  expect(request.inputs).toMatchObject([{ shape: [10, 4] }]);
  remove();
});

test('a signature of other things than columns and tensors is ignored', { timeout: 60_000 }, async () => {
  for (const inputs of [
    '[null, {"type": "constructor"}]',
    '[{"type": "tensor", "tensor-spec": {"dtype": "toString", "shape": [-1]}}]',
    '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": "x"}}]',
    '{}',
  ]) {
    const model = changed('onnx_network', 'MLmodel', (text) =>
      text.replace(/^ {2}inputs: .*$/m, `  inputs: '${inputs}'`),
    );
    const { manifest, remove } = await pack(model);
    expect(manifest.inputs).toMatchObject([{ name: 'rows', datatype: 'FP32' }]);
    remove();
  }
});

test('a method that is not served is noted, and predict is served', { timeout: 120_000 }, async () => {
  const model = changed('sklearn_scores', 'MLmodel', (text) =>
    text.replace('predict_fn: predict_proba', 'predict_fn: predict_log_proba'),
  );
  const { manifest, notes, remove } = await pack(model, { trustPickle: true });
  expect(notes).toEqual(['predict_fn: "predict_log_proba" is not served; responses have the results of predict']);
  expect(manifest.outputs.map(({ name }) => name)).toEqual(['label']);
  remove();
});

test('other versions than those of the model are noted', { timeout: 120_000 }, async () => {
  const model = changed('lightgbm_booster', 'requirements.txt', () => 'lightgbm==3.3.5\n');
  const { notes, remove } = await pack(model);
  expect(notes).toEqual([
    expect.stringMatching(/^lightgbm: the model was saved with version 3\.3\.5 and is loaded with \d/),
  ]);
  remove();
});

test('a model that cannot be loaded is reported with the versions that it was saved with', {
  timeout: 120_000,
}, async () => {
  const model = changed('lightgbm_booster', 'requirements.txt', () => 'lightgbm==3.3.5\n');
  const text = readFileSync(join(model, 'model.lgb'), 'utf8');
  // Of the same length, because the header has the offsets of the trees.
  writeFileSync(join(model, 'model.lgb'), text.replace('max_feature_idx', 'max_feature_idy'));
  await expect(pack(model)).rejects.toMatchObject({
    code: 'ARTIFACT_INVALID',
    message: expect.stringMatching(
      /cannot be loaded .* Note: lightgbm: the model was saved with version 3\.3\.5 and is loaded/s,
    ),
  });
});

test.each(['run', 'registry'])('the folder of a %s is followed to its model', { timeout: 120_000 }, async (kind) => {
  const root = mkdtempSync(join(folder, 'store-'));
  const artifacts = join(root, 'run', 'artifacts');
  cpSync(join(committed, 'onnx_network'), join(artifacts, 'model'), { recursive: true });
  for (const version of [1, 2, 10]) {
    const meta = join(root, 'registry', `version-${version}`);
    mkdirSync(meta, { recursive: true });
    const location = version === 10 ? join(artifacts, 'model') : '/missing';
    writeFileSync(join(meta, 'meta.yaml'), `name: iris\nstorage_location: file://${location}\nversion: ${version}\n`);
  }
  const { manifest, remove } = await pack(join(root, kind));
  expect(manifest.origin).toBe('mlflow');
  remove();
});

/** Writes a version of a registry whose model is elsewhere. */
function registered(location: string): string {
  const version = mkdtempSync(join(folder, 'version-'));
  writeFileSync(join(version, 'meta.yaml'), `name: iris\nstorage_location: ${location}\nversion: 1\n`);
  return version;
}

test.each<[string, () => string, string, RegExp]>([
  [
    'a registry that names another machine',
    () => registered('file://nas/iris'),
    'FILE_MISSING',
    /meta\.yaml \(storage_location\) names file:\/\/nas\/iris, which is not a folder of this machine with MLmodel/,
  ],
  [
    'an archive that names a folder outside of it',
    () => {
      const root = registered(join(committed, 'onnx_network'));
      create({ file: `${root}.tar`, cwd: root, sync: true }, ['.']);
      return `${root}.tar`;
    },
    'FILE_MISSING',
    /names .*onnx_network, which is outside of the archive/,
  ],
  [
    'an input example without rows',
    () => withExample({ dataframe_split: {} }),
    'ARTIFACT_INVALID',
    /serving_input_example\.json \(dataframe_split\.data\) must be a list of rows/,
  ],
  [
    'a Keras archive that is an HDF5 file',
    () => withFile('keras_network', join('data', 'model.keras'), '\x89HDF\r\n\x1a\n'),
    'ARTIFACT_INVALID',
    /model\.keras is not a Keras archive, which is a ZIP file/,
  ],
  [
    'a signature that is not JSON',
    () => changed('onnx_network', 'MLmodel', (text) => text.replace(/^ {2}inputs: .*$/m, "  inputs: 'x['")),
    'ARTIFACT_INVALID',
    /MLmodel \(signature\) is not JSON/,
  ],
  [
    'a path that leads out',
    () => changed('onnx_network', 'MLmodel', (text) => text.replace('    data: model.onnx', '    data: ..')),
    'ARTIFACT_INVALID',
    /MLmodel \(onnx\.data\) names \.\., which leads out/,
  ],
  [
    'a missing file',
    () => changed('onnx_network', 'MLmodel', (text) => text.replaceAll('model.onnx', 'other.onnx')),
    'FILE_MISSING',
    /names other\.onnx, and .* is missing/,
  ],
  [
    'a model of Python code',
    () => changed('onnx_network', 'MLmodel', (text) => text.replace('  onnx:', '  own:')),
    'FORMAT_UNTRUSTED',
    /has code that runs when .* add `--trust-code`/,
  ],
  [
    'a model of another language',
    () =>
      changed('onnx_network', 'MLmodel', (text) =>
        text.replace('  onnx:', '  own:').replace('  python_function:', '  other:'),
      ),
    'FORMAT_UNSUPPORTED',
    /has the flavors (own, other|other, own), and onnx, .* and python_function can be packed/,
  ],
  [
    'a file that is not YAML',
    () => changed('onnx_network', 'MLmodel', () => 'flavors: ['),
    'ARTIFACT_INVALID',
    /MLmodel cannot be read as YAML/,
  ],
  [
    'an object in YAML',
    () => changed('onnx_network', 'MLmodel', () => 'flavors: !!python/object/apply:os.system [exit]'),
    'ARTIFACT_INVALID',
    /could not determine a constructor/,
  ],
  [
    'a folder that fits two tools',
    () => withFile('onnx_network', 'config.json', '{}'),
    'FORMAT_UNKNOWN',
    /has files of MLflow \(MLmodel\) and of Hugging Face \(config\.json\)/,
  ],
])('%s is refused and leaves nothing', { timeout: 60_000 }, async (_, source, code, message) => {
  const path = source();
  // Other suites write to the folder that all share.
  const temporary = mkdtempSync(join(folder, 'temporary-'));
  const shared = tmpdir();
  vi.stubEnv('TMPDIR', temporary);
  await expect(pack(path)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(readdirSync(temporary)).toEqual([]);
  vi.stubEnv('TMPDIR', shared);
});

/** Stubs the interpreter by one with a module `keras` of a version, whose `load_model` runs code. */
function stubKeras(version: string, code: string): void {
  const modules = mkdtempSync(join(folder, 'modules-'));
  writeFileSync(join(modules, 'tensorflow.py'), '');
  mkdirSync(join(modules, 'keras'));
  writeFileSync(join(modules, 'keras', '__init__.py'), `from . import models\n__version__ = "${version}"\n`);
  writeFileSync(join(modules, 'keras', 'models.py'), `def load_model(path, **_):\n    ${code}\n`);
  const python = join(modules, 'python');
  writeFileSync(python, `#!/bin/sh\nPYTHONPATH=${modules} exec ${PYTHON} "$@"\n`, { mode: 0o755 });
  vi.stubEnv('MODELSHIP_PYTHON', python);
}

test('code that a Keras archive gets to run reads no files of others, and an old Keras is refused', {
  timeout: 60_000,
}, async () => {
  const original = process.env.MODELSHIP_PYTHON;
  const secret = join(folder, 'secret.txt');
  writeFileSync(secret, 'the secret');
  stubKeras('3.14.0', `raise ValueError(open(${JSON.stringify(secret)}).read())`);
  await expect(pack(join(committed, 'keras_network'))).rejects.toThrow(
    /model\.keras cannot be loaded by Keras: PermissionError/,
  );
  stubKeras('3.13.2', 'pass');
  await expect(pack(join(committed, 'keras_network'))).rejects.toMatchObject({
    code: 'FORMAT_UNSUPPORTED',
    message: expect.stringMatching(/it has no module keras of at least version 3\.14/),
  });
  vi.stubEnv('MODELSHIP_PYTHON', original);
});

test('a pickle still needs --trust-pickle', { timeout: 60_000 }, async () => {
  await expect(pack(join(committed, 'sklearn_label'))).rejects.toMatchObject({ code: 'FORMAT_UNTRUSTED' });
});
