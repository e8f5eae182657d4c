import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { modelship, ROOT, serve } from './support.js';

const python = join(ROOT, '.venv', 'bin', 'python');
const folder = mkdtempSync(join(tmpdir(), 'modelship-python-cli-'));
const out = join(folder, 'iris');
const ROW = '{"instances": [[5.1, 3.5, 1.4, 0.2]]}';

/** Saves a pipeline that imputes `age`, takes the boolean `paid` and the text `channel`, and drops `created`. */
const TABLE = `
import sys, joblib, pandas
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
frame = pandas.DataFrame({"age": [1.0, None, 3, 4], "paid": [True, False] * 2, "channel": ["web", "mail"] * 2, "created": ["2024-01-01"] * 4})
columns = make_column_transformer((SimpleImputer(), ["age"]), ("passthrough", ["paid"]), (OneHotEncoder(), ["channel"]))
joblib.dump(make_pipeline(columns, LogisticRegression()).fit(frame, ["yes", "no"] * 2), sys.argv[1])
`;

beforeAll(async () => {
  execFileSync(python, [join(ROOT, 'test', 'runtime', 'engines', 'python', 'train.py'), folder]);
  writeFileSync(join(folder, 'samples.json'), ROW);
  vi.stubEnv('MODELSHIP_PYTHON', python);
  const model = join(folder, 'classifier.joblib');
  const args = ['--name', 'iris', '--samples', join(folder, 'samples.json'), '--out', out, '--trust-pickle'];
  const { code, stdout, stderr } = await modelship('pack', model, ...args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toContain(`Try it:  npx modelship serve ${out} --trust-pickle\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  vi.stubEnv('MODELSHIP_PYTHON', python);
});
afterEach(() => vi.unstubAllEnvs());

test('pack pins the packages that the model needs', () => {
  const { requirements } = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8'));
  expect(requirements).toEqual(
    expect.arrayContaining(
      ['joblib', 'numpy', 'scikit-learn'].map((name) => expect.stringMatching(`^${name}==[\\d.]+$`)),
    ),
  );
});

describe('a package of a Python format', () => {
  test('is shown with the trust and the packages that it needs', async () => {
    const { code, stdout } = await modelship('inspect', out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^trust +required: loading it can run code/m);
    expect(stdout).toMatch(/^imports +only classes and functions of known frameworks$/m);
    expect(stdout).toMatch(/^requires +scikit-learn==/m);
  });

  test('is evaluated and asked once it is trusted', async () => {
    const evaluated = await modelship('evaluate', out, '--trust-pickle', '--json');
    expect(evaluated.code).toBe(0);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ samples: 1, agreeing: 1 });
    const asked = await modelship('predict', out, '--trust-pickle', '--data', ROW);
    expect(asked.code).toBe(0);
    expect(JSON.parse(asked.stdout).predictions).toMatchObject([{ label: 'setosa' }]);
  });

  test('is served once it is trusted', async () => {
    const server = await serve(out, '--trust-pickle');
    try {
      const { stdout } = await modelship('predict', server.url, '--data', ROW);
      expect(JSON.parse(stdout).predictions).toMatchObject([{ label: 'setosa' }]);
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });

  test('is evaluated with the table rows that pack accepts, as a package and behind a URL', async () => {
    execFileSync(python, ['-c', TABLE, join(folder, 'table.joblib')]);
    const row = { age: null, paid: true, channel: 'web' };
    const samples = join(folder, 'table.json');
    const table = join(folder, 'table');
    const args = ['--name', 'table', '--samples', samples, '--trust-pickle'];
    // The package ignores the column `created`, and the metadata of a server does not say so.
    writeFileSync(
      samples,
      JSON.stringify({ instances: [{ ...row, created: '2024-01-01' }], predictions: [{ label: 'yes' }] }),
    );
    expect(await modelship('pack', join(folder, 'table.joblib'), ...args, '--out', table)).toMatchObject({ code: 0 });
    const agreeing = { code: 0, stdout: expect.stringContaining('1 of 1 samples agree') };
    const evaluate = (...args: string[]) => modelship('evaluate', ...args, '--samples', samples, '--trust-pickle');
    expect(await evaluate(table)).toMatchObject(agreeing);
    const server = await serve(table, '--trust-pickle');
    try {
      expect(await evaluate(server.url, '--package', table)).toMatchObject(agreeing);
      writeFileSync(
        samples,
        JSON.stringify({ instances: [{ ...row, created: null }], predictions: [{ label: 'yes' }] }),
      );
      expect(await evaluate(server.url)).toMatchObject(agreeing);
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });

  test('is run by an interpreter that is named from the working folder', async () => {
    vi.stubEnv('MODELSHIP_PYTHON', relative(process.cwd(), python));
    expect((await modelship('evaluate', out, '--trust-pickle')).code).toBe(0);
  });

  test('is trusted by the variable of the runtime too', async () => {
    vi.stubEnv('MODELSHIP_TRUST_PICKLE', 'true');
    expect((await modelship('evaluate', out)).code).toBe(0);
  });

  test.each([
    ['evaluate', out],
    ['predict', out, '--data', ROW],
    ['serve', out, '--port', '0'],
  ])('is refused by %s without trust', async (...args) => {
    const { code, stdout, stderr } = await modelship(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/has the format pickle, and loading it can run code.*MODELSHIP_TRUST_PICKLE/);
  });

  test('names what is missing, and the command that installs it', async () => {
    const bare = join(folder, 'bare-python');
    writeFileSync(bare, '#!/bin/sh\nexec python3 -S "$@"\n');
    chmodSync(bare, 0o755);
    vi.stubEnv('MODELSHIP_PYTHON', bare);
    const { code, stderr } = await modelship('evaluate', out, '--trust-pickle');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /No module named 'numpy'\. Install it by `\S+ -m pip install numpy`, name a Python that has it with MODELSHIP_PYTHON/,
    );
  });

  test('names the interpreter that is missing', async () => {
    vi.stubEnv('MODELSHIP_PYTHON', join(folder, 'no-python'));
    const { code, stderr } = await modelship('evaluate', out, '--trust-pickle');
    expect(code).toBe(1);
    expect(stderr).toMatch(/no-python ENOENT.*check that .*no-python has Python 3\.9 or later/);
  });
});

describe('pack --input', () => {
  test.each(['x', 'x:FP32', 'x:FLOAT[1]', 'x:FP32[a]', 'x:FP32[-2]', 'x:FP32[1,,2]', ':FP32[1]'])(
    'refuses %s',
    async (spec) => {
      const { code, stderr } = await modelship(
        'pack',
        join(folder, 'classifier.pkl'),
        '--name',
        'iris',
        '--input',
        spec,
      );
      expect(code).toBe(2);
      expect(stderr).toMatch(/Write NAME:DATATYPE\[SHAPE\], such as image:FP32\[-1,3,224,224\]/);
    },
  );
});
