import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { PackOptions } from '../../../../lib/pack/index.js';
import { ALL, shareOf } from '../../../support/share.js';
import { toolPython } from '../../../support/tool-python.js';
import { ARTEFACTS, answersOf, asPicture, expectAnswers, PYTHON, pack } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-torchserve-'));
const committed = join(ARTEFACTS, 'torchserve');
const archives = ALL ? join(folder, 'archives') : committed;

beforeAll(() => {
  vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
  if (!ALL) return;
  execFileSync(toolPython('torchserve'), [join(__dirname, 'save_torchserve.py'), archives, '100'], { stdio: 'pipe' });
}, 1_200_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const LABELS = ['cat', 'dog', 'crane', 'fish', 'crane', 'snake', 'bird'];
const INDEXES = ['0', '1', '2', '3', '4', '5', '6'];
const NOTES = 'notes.txt: neither the model nor its handler reads the file';

interface Case {
  readonly file: string;
  readonly format: string;
  readonly labels: readonly string[];
  readonly notes: readonly unknown[];
}

const CASES: Readonly<Record<string, Case>> = {
  scripted: {
    file: 'scripted.mar',
    format: 'torchscript',
    labels: LABELS,
    notes: [
      expect.stringMatching(/^torch: the model was saved with version 1\.13\.1 and is loaded with /),
      'model-config.yaml, maxWorkers: set MODELSHIP_WORKERS=2 for the server',
      'model-config.yaml, batchSize: the server measures the largest useful batch when it loads the model',
      'model-config.yaml, maxBatchDelay: set MODELSHIP_BATCH_WINDOW_MILLISECONDS=50 for the server',
      'model-config.yaml, responseTimeout: set MODELSHIP_TIMEOUT_SECONDS=30 for the server',
      'model-config.yaml, pt2: the setting has no counterpart',
      NOTES,
    ],
  },
  plain: { file: 'plain.tar.gz', format: 'torchscript', labels: INDEXES, notes: [] },
  eager: {
    file: 'eager',
    format: 'torch_pickle',
    labels: LABELS,
    notes: [expect.stringMatching(/^it imports model/), NOTES],
  },
  stored: {
    file: 'stored.mar',
    format: 'torch_pickle',
    labels: INDEXES,
    notes: [expect.stringMatching(/^it imports model/)],
  },
};

test.each(shareOf(Object.keys(CASES), 2, 'torchserve'))(
  '%s: the package responds to pictures as TorchServe does',
  { timeout: 300_000 },
  async (name) => {
    const { file, format, labels, notes } = CASES[name]!;
    const packed = await pack(join(archives, file), { trustPickle: true });
    expect(packed.manifest).toMatchObject({
      format,
      version: '3',
      origin: 'torchserve',
      outputs: [{ name: 'scores', shape: [-1, 7], labels }],
      task: { type: 'image_classification' },
      samples: { count: 3 },
    });
    expect(packed.notes.toSorted()).toHaveLength(notes.length);
    expect(packed.notes).toEqual(expect.arrayContaining(notes as unknown[]));
    await expectAnswers(packed.folder, '/predictions/model/3.0', answersOf(join(archives, name)), asPicture);
    packed.remove();
  },
);

/** Writes a copy of the committed folder with another manifest and further files. */
function changed(model: object, files: Readonly<Record<string, string>> = {}, top: object = {}): string {
  const copy = mkdtempSync(join(folder, 'changed-'));
  cpSync(join(committed, 'eager'), copy, { recursive: true });
  const path = join(copy, 'MAR-INF', 'MANIFEST.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  const text = JSON.stringify({ ...manifest, model: { ...manifest.model, ...model }, ...top });
  for (const [name, content] of Object.entries({ 'MAR-INF/MANIFEST.json': text, ...files })) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    writeFileSync(join(copy, name), content);
  }
  return copy;
}

test('the model of base_handler takes tensors, and a version of three numbers is replaced', {
  timeout: 120_000,
}, async () => {
  const source = `${relative(process.cwd(), changed({ handler: 'base_handler', modelVersion: '1.2.3' }))}/`;
  const inputs = [{ name: 'image', datatype: 'FP32' as const, shape: [-1, 3, 224, 224] }];
  const { manifest, notes, remove } = await pack(source, { trustPickle: true, inputs });
  expect(manifest).toMatchObject({ version: '1', inputs, outputs: [{ name: 'output', shape: [-1, 7] }] });
  expect(manifest.task).toBeUndefined();
  expect(notes).toContain('modelVersion: 1.2.3 is replaced by a whole number; choose it with `--version`');
  expect(notes).toContain('index_to_name.json: neither the model nor its handler reads the file');
  remove();
});

const MARK = join(folder, 'ran');

test('the class of a model runs only if it is trusted', async () => {
  const source = changed({}, { 'model.py': `open(${JSON.stringify(MARK)}, 'w').close()\n` });
  await expect(pack(source)).rejects.toMatchObject({
    code: 'FORMAT_UNTRUSTED',
    message: expect.stringMatching(/model\.py is the class of the model, .* add `--trust-pickle`/),
  });
  expect(() => readFileSync(MARK)).toThrow(/ENOENT/);
});

test.each<[string, () => string, string, RegExp, Partial<PackOptions>?]>([
  [
    'a handler of its own without trust',
    () => changed({ handler: 'steps.py:run' }, { 'steps.py': '' }),
    'FORMAT_UNTRUSTED',
    /has code that runs when the model is packed, .* add `--trust-code`/,
  ],
  [
    'a handler named as a default one without trust',
    () => changed({ handler: 'image_classifier' }, { 'image_classifier.py': '' }),
    'FORMAT_UNTRUSTED',
    /add `--trust-code`/,
  ],
  [
    'a handler that is no module',
    () => changed({ handler: 'my-steps.py' }, { 'my-steps.py': '' }),
    'FORMAT_UNSUPPORTED',
    /"my-steps\.py"\) is not the name of a Python module/,
  ],
  [
    'a handler that is missing',
    () => changed({ handler: 'steps.py' }),
    'FILE_MISSING',
    /"steps\.py"\) is neither a file of the archive nor one of image_classifier, /,
  ],
  [
    'a handler named as a member of objects',
    () => changed({ handler: 'constructor' }),
    'FILE_MISSING',
    /"constructor"\) is neither a file/,
  ],
  [
    'text_classifier without trust',
    () => changed({ handler: 'text_classifier' }),
    'FORMAT_UNTRUSTED',
    /add `--trust-code`/,
  ],
  [
    'a handler in C++',
    () => changed({ handler: 'TorchScriptHandler' }, {}, { runtime: 'LSP' }),
    'FORMAT_UNSUPPORTED',
    /has the runtime LSP, whose handlers are C\+\+/,
  ],
  [
    'an archive without a model',
    () => changed({ serializedFile: undefined, modelFile: undefined }),
    'FILE_MISSING',
    /MANIFEST\.json names no model/,
  ],
  [
    'a path that leads out',
    () => changed({ serializedFile: '../../etc' }, {}),
    'FILE_MISSING',
    /\(model\.serializedFile\) names \.\.\/\.\.\/etc/,
  ],
  [
    'a manifest that is not JSON',
    () => changed({}, { 'MAR-INF/MANIFEST.json': '{' }),
    'ARTIFACT_INVALID',
    /MANIFEST\.json is not JSON/,
  ],
  [
    'another number of names than classes',
    () => join(committed, 'scripted.mar'),
    'LABELS_INVALID',
    /2 labels were given, and no output has 2 scores/,
    { labels: ['cat', 'dog'] },
  ],
  [
    'a background of explanations',
    () => join(committed, 'scripted.mar'),
    'FORMAT_UNSUPPORTED',
    /`--background` is for models of one input of numbers, and .* takes pictures/,
    { background: 'rows.json' },
  ],
  [
    'classes without names',
    () => changed({}, { 'index_to_name.json': '{"0": "a", "2": "c"}' }),
    'LABELS_INVALID',
    /index_to_name\.json has no name for the class 1, and names for 2 classes/,
  ],
])('%s is refused', { timeout: 120_000 }, async (_, source, code, message, options) => {
  await expect(pack(source(), options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

const MODULES: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  [
    'two classes',
    'class A: pass\nclass B: pass\n',
    /it must define one class, as TorchServe expects, and defines A, B/,
  ],
  [
    'a module that is missing',
    'import missing_package\n',
    /model\.py is the class of the model, and .* cannot run it \(.*missing_package.*\)\. Install the packages that it imports/,
  ],
  [
    'several outputs',
    readFileSync(join(committed, 'eager', 'model.py'), 'utf8').replace('return ', 'return image, '),
    /returns output_0 .*; output_1 .*, and the task image_classification needs one output with a score for each class/,
  ],
];

test.each(shareOf(MODULES, 1, 'modules of TorchServe'))(
  'a model file with %s is refused',
  { timeout: 120_000 },
  async (_, text, message) => {
    await expect(pack(changed({}, { 'model.py': text }), { trustPickle: true })).rejects.toThrow(message);
  },
);
