import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ALL, shareOf } from '../../../support/share.js';
import { toolPython } from '../../../support/tool-python.js';
import { ARTEFACTS, exchangesOf, expectSame, PYTHON, pack, send, serveCode } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-sagemaker-'));
const models = join(ARTEFACTS, 'models');
const answers = ALL ? join(folder, 'answers') : join(ARTEFACTS, 'sagemaker');
const mark = join(folder, 'ran');

/** Models of the scripts in `scripts`. */
const MODELS: Readonly<Record<string, string>> = {
  steps: 'model.joblib',
  defaults: 'model.joblib',
  boosted: 'xgboost-model',
  network: 'model.pt',
  transform: 'model.joblib',
};

beforeAll(() => {
  vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
  if (!ALL) return;
  for (const name of Object.keys(MODELS)) {
    const python = toolPython(name === 'network' ? 'sagemaker-pytorch' : 'sagemaker');
    execFileSync(python, [join(__dirname, 'save_scripts.py'), models, answers, name], { stdio: 'pipe' });
  }
}, 1_200_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes an archive of a model and of scripts, by their names. */
function archive(model: string, scripts: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(folder, 'artefact-'));
  copyFileSync(join(models, model), join(root, model));
  mkdirSync(join(root, 'code'));
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(root, 'code', name), text);
  create({ file: `${root}.tar.gz`, cwd: root, gzip: true, sync: true }, ['.']);
  return `${root}.tar.gz`;
}

/** Writes an archive with one of the scripts in `scripts`. */
function saved(name: string): string {
  const text = (file: string) => readFileSync(join(__dirname, 'scripts', `${file}.py`), 'utf8');
  return archive(MODELS[name]!, { 'inference.py': text(name), 'flowers.py': text('flowers') });
}

/** Packages that a script needs, also those that only its model imports. */
const NEEDS: Readonly<Record<string, RegExp>> = {
  steps: /^scikit-learn==/,
  defaults: /^scikit-learn==/,
  boosted: /^xgboost/,
  network: /^torch==/,
  transform: /^scikit-learn==/,
};

test.each(shareOf(Object.keys(MODELS), 1, 'scripts of SageMaker'))(
  '%s: the script responds as in sagemaker-inference',
  { timeout: 240_000 },
  async (name) => {
    const packed = await pack(saved(name), { trustCode: true });
    expect(packed.manifest).toMatchObject({
      format: 'handler',
      origin: 'sagemaker',
      handler: { kind: 'sagemaker', module: 'inference' },
      requirements: expect.arrayContaining([expect.stringMatching(NEEDS[name]!)]),
    });
    expect(packed.notes).toEqual([]);
    const server = await serveCode(packed.folder);
    const url = `${server.url}/invocations`;
    try {
      for (const exchange of exchangesOf(join(answers, name))) {
        if (exchange.response.status !== 500) {
          await expectSame(url, exchange);
          continue;
        }
        const failed = await send(url, exchange.request);
        expect(failed.status).toBe(500);
        expect(await failed.json()).toEqual({
          error: expect.stringMatching(/the log has the details of error \w{16}$/),
        });
      }
    } finally {
      await server.close();
      packed.remove();
    }
  },
);

test('requests that the steps of the containers cannot read fail as such, and none is unpickled', {
  timeout: 240_000,
}, async () => {
  const packed = await pack(saved('defaults'), { trustCode: true });
  const server = await serveCode(packed.folder);
  const post = (headers: Record<string, string>, body: string | Buffer) =>
    fetch(`${server.url}/invocations`, { method: 'POST', headers, body });
  const pickled = execFileSync(PYTHON, [
    '-c',
    `import io, pickle, sys, numpy as np
class Runs:
    def __reduce__(self):
        return open, (${JSON.stringify(mark)}, "w")
file = io.BytesIO()
np.save(file, np.array([Runs()], object), allow_pickle=True)
sys.stdout.buffer.write(file.getvalue())`,
  ]);
  const json = 'application/json';
  try {
    for (const [headers, body, status] of [
      [{ 'content-type': json }, 'not JSON', 400],
      [{ 'content-type': 'application/x-npy' }, pickled, 400],
      [{ 'content-type': 'image/png' }, 'x', 415],
      [{ 'content-type': 'application/x-recordio-protobuf' }, 'x', 415],
      [{ 'content-type': json, accept: 'image/png' }, '[[1, 2, 3, 4]]', 406],
      [{ 'content-type': `${json}; charset=utf-8` }, '[[1, 2, 3, 4]]', 200],
    ] as const) {
      expect((await post(headers, body)).status, headers['content-type']).toBe(status);
    }
    expect(existsSync(mark)).toBe(false);
  } finally {
    await server.close();
    packed.remove();
  }
});

const RUNS = `open(${JSON.stringify(mark)}, "w").close()\n`;
const LOADS = 'import joblib\n\n\ndef model_fn(folder):\n    return joblib.load(folder + "/model.joblib")\n\n\n';
const STEP = 'def predict_fn(data, model):\n    return model.predict(data)\n';

test('nothing of an archive runs without trust', async () => {
  const source = archive('model.joblib', { 'inference.py': RUNS + LOADS + STEP });
  await expect(pack(source, { trustPickle: true })).rejects.toMatchObject({
    code: 'FORMAT_UNTRUSTED',
    message: expect.stringMatching(/has code that runs when .* add `--trust-code`/),
  });
  expect(existsSync(mark)).toBe(false);
});

const REFUSED: readonly [
  what: string,
  model: string,
  scripts: Readonly<Record<string, string>>,
  message: RegExp,
  code?: string,
][] = [
  [
    'without a function that loads the model',
    'model.joblib',
    { 'inference.py': STEP },
    /inference\.py has no function model_fn, and without it one file \.pt or \.pth .*, got none/,
  ],
  [
    'whose model cannot predict',
    'model.joblib',
    { 'inference.py': 'def model_fn(folder):\n    return {}\n\n\ndef input_fn(body, kind):\n    return body\n' },
    /inference\.py has no function predict_fn, and model_fn returns a dict/,
  ],
  [
    'with a function of too many arguments',
    'model.joblib',
    { 'inference.py': `${LOADS}def input_fn(body):\n    return body\n` },
    /input_fn of inference\.py takes 1 arguments, and SageMaker calls it with 2, or 3 with the context/,
  ],
  [
    'with a step that is no function',
    'model.joblib',
    { 'inference.py': `${LOADS}predict_fn = 1\n` },
    /predict_fn of inference\.py is a int, and must be a function/,
  ],
  [
    'with both ways',
    'model.joblib',
    { 'inference.py': `${LOADS}${STEP}\n\ndef transform_fn(model, body, kind, accept):\n    return body\n` },
    /inference\.py defines both transform_fn and predict_fn/,
  ],
  [
    'that imports what is missing',
    'model.joblib',
    { 'inference.py': `import absent_package\n${LOADS}${STEP}` },
    /No module named 'absent_package'\. Install it by/,
  ],
  [
    'beside another one',
    'xgboost-model',
    { 'one.py': LOADS + STEP, 'two.py': LOADS + STEP },
    /code has several scripts: one\.py, two\.py\. Name the one that SageMaker runs inference\.py/,
  ],
  [
    'of a server of TensorFlow',
    'model.joblib',
    { 'inference.py': 'def input_handler(data, context):\n    return data\n' },
    /inference\.py names input_handler, which the containers for TensorFlow call/,
    'FORMAT_UNSUPPORTED',
  ],
];

test.each(shareOf(REFUSED, 2, 'scripts of SageMaker'))(
  'a script %s is refused',
  { timeout: 120_000 },
  async (_, model, scripts, message, code = 'ARTIFACT_INVALID') => {
    await expect(pack(archive(model, scripts), { trustCode: true })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  },
);
