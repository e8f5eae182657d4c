import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@modelship/runtime/manifest';
import { afterAll, expect, test, vi } from 'vitest';
import { type ExportKind, exportPackage } from '../../../lib/export/index.js';
import { readTextProto } from '../../../lib/pack/adopt/text-proto.js';
import { packModel } from '../../../lib/pack/index.js';
import { writePackage } from '../../support/packages.js';
import { ALL } from '../../support/share.js';
import { toolPython } from '../../support/tool-python.js';
import { ARTEFACTS, answersOf, expectAnswers, expectClose, PYTHON } from '../pack/adopt/support.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-export-'));
const onnx = join(ARTEFACTS, 'mlflow', 'onnx_network');
const iris = join(folder, 'iris');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

let packedIris: Promise<unknown> | undefined;

/** Packs the network of the tests once. */
async function irisPackage(): Promise<string> {
  packedIris ??= packModel({ source: join(onnx, 'model.onnx'), name: 'iris', version: '3', out: iris });
  await packedIris;
  return iris;
}

/** Exports a package into a folder of its own. */
function exported(directory: string, kind: ExportKind): { out: string; files: string[] } {
  const out = mkdtempSync(join(folder, `${kind}-`));
  return { out, files: exportPackage(directory, kind, out) };
}

const bytes = (...path: string[]) => readFileSync(join(...path));

test('the plain file is the one that was packed', { timeout: 60_000 }, async () => {
  const { out, files } = exported(await irisPackage(), 'file');
  expect(files).toEqual(['model.onnx']);
  expect(bytes(out, 'model.onnx')).toEqual(bytes(onnx, 'model.onnx'));
});

test('a repository of Triton has its configuration and version', { timeout: 60_000 }, async () => {
  const { out, files } = exported(await irisPackage(), 'triton');
  expect(files).toEqual(['iris/3/model.onnx', 'iris/config.pbtxt']);
  const config = readTextProto(join(out, 'iris', 'config.pbtxt'));
  expect(config.text('backend')).toBe('onnxruntime');
  expect(config.message('input')?.texts('dims')).toEqual(['-1', '4']);
  const again = join(folder, 'again');
  const manifest = await packModel({ source: out, name: 'iris', out: again });
  expect(manifest).toMatchObject({ version: '3', origin: 'triton' });
});

test('a folder of MLflow is packed again with the same answers', { timeout: 120_000 }, async () => {
  const { out, files } = exported(await irisPackage(), 'mlflow');
  expect(files).toEqual(['MLmodel', 'model.onnx', 'requirements.txt']);
  const again = join(folder, 'from-mlflow');
  vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
  await packModel({ source: out, name: 'model', out: again });
  await expectAnswers(again, '/invocations', answersOf(onnx));
  vi.unstubAllEnvs();
});

test('weights in other files go along', () => {
  const model = join(folder, 'external');
  execFileSync(PYTHON, [
    '-c',
    'import onnx, sys; onnx.save(onnx.load(sys.argv[1]), sys.argv[2], save_as_external_data=True, size_threshold=0, ' +
      'location="weights.bin")',
    join(onnx, 'model.onnx'),
    `${model}.onnx`,
  ]);
  const content = { 'model.onnx': bytes(`${model}.onnx`), 'weights.bin': bytes(folder, 'weights.bin') };
  const directory = writePackage({ name: 'color', content });
  expect(exported(directory, 'file').files).toEqual(['model.onnx', 'weights.bin']);
  expect(exported(directory, 'triton').files).toEqual([
    'color/1/model.onnx',
    'color/1/weights.bin',
    'color/config.pbtxt',
  ]);
  rmSync(directory, { recursive: true });
});

test('the tensors of a SavedModel have names in MLflow, and the only one of another model has none', () => {
  for (const [format, name] of [
    ['saved_model', 'features'],
    ['skops', undefined],
  ] as const) {
    const directory = writePackage({ format });
    const { out } = exported(directory, 'mlflow');
    const { signature } = JSON.parse(readFileSync(join(out, 'MLmodel'), 'utf8'));
    expect(JSON.parse(signature.inputs).map((tensor: { name?: string }) => tensor.name)).toEqual([name]);
    rmSync(directory, { recursive: true });
  }
});

test.each<[string, () => string, ExportKind, RegExp]>([
  ['a pickle to MLflow', () => writePackage({ format: 'pickle' }), 'mlflow', /has the format pickle, and onnx, /],
  ['a pickle to Triton', () => writePackage({ format: 'pickle' }), 'triton', /has the format pickle, and onnx, /],
  [
    'a changed file',
    () => {
      const directory = writePackage({ format: 'lightgbm' });
      writeFileSync(join(directory, 'model.onnx'), 'changed');
      return directory;
    },
    'file',
    /is not the file that the manifest describes/,
  ],
])('%s is refused and leaves nothing', (_, source, kind, message) => {
  const directory = source();
  const out = mkdtempSync(join(folder, 'refused-'));
  expect(() => exportPackage(directory, kind, out)).toThrow(message);
  expect(readdirSync(out)).toEqual([]);
  rmSync(directory, { recursive: true });
});

test('a folder with files is not overwritten', () => {
  const directory = writePackage({ format: 'lightgbm' });
  writeFileSync(join(directory, 'other'), '');
  expect(() => exportPackage(directory, 'file', directory)).toThrow(/is not empty\. Give another folder with `--out`/);
  rmSync(directory, { recursive: true });
});

test('a file is not taken for a folder', () => {
  const directory = writePackage({ format: 'lightgbm' });
  expect(() => exportPackage(directory, 'file', join(directory, 'model.onnx'))).toThrow(
    expect.objectContaining({
      code: 'OUTPUT_EXISTS',
      message: expect.stringMatching(/model\.onnx is not a folder\. Give another folder with `--out`/),
    }),
  );
  rmSync(directory, { recursive: true });
});

interface Rows {
  readonly inputs: unknown;
}

/** Names the only input of a request. */
function byName({ inputs }: Rows, manifest: Manifest): object {
  return { inputs: { [manifest.inputs[0]!.name]: inputs } };
}

test.runIf(ALL)(
  'MLflow itself loads its folders, and gives the answers of the packed models',
  async () => {
    const python = toolPython('mlflow');
    vi.stubEnv('MODELSHIP_PYTHON', python);
    for (const name of ['onnx_network', 'lightgbm_booster', 'xgboost_booster', 'xgboost_label', 'keras_network']) {
      const artefact = join(ARTEFACTS, 'mlflow', name);
      const manifest = await packModel({ source: artefact, name, out: join(folder, name) });
      const { out } = exported(join(folder, name), 'mlflow');
      const answers = answersOf(artefact);
      // MLflow calls a SavedModel by the names of its tensors only.
      const names = name === 'keras_network' ? manifest : undefined;
      const asked = answers.map(({ request }) => (names ? byName(request as Rows, names) : request));
      const requests = JSON.stringify(asked);
      const text = execFileSync(python, [join(__dirname, 'ask_mlflow.py'), out], { input: requests, encoding: 'utf8' });
      const responses: { predictions: unknown }[] = JSON.parse(text);
      expect(responses).toHaveLength(answers.length);
      for (const [index, { predictions }] of responses.entries()) {
        const found = names ? (predictions as Record<string, unknown>)[names.outputs[0]!.name] : predictions;
        expectClose({ predictions: found }, answers[index]!.response);
      }
    }
    vi.unstubAllEnvs();
  },
  1_200_000,
);
