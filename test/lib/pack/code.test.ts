import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyFiles } from '@modelship/runtime/manifest';
import { artifactOf, engineFor } from '@modelship/runtime/serve';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { packModel } from '../../../lib/pack/index.js';

const root = join(__dirname, '..', '..', '..');
const python = join(root, '.venv', 'bin', 'python');
const folder = mkdtempSync(join(tmpdir(), 'modelship-code-'));
const source = join(folder, 'source');

beforeAll(() => {
  vi.stubEnv('MODELSHIP_PYTHON', python);
  execFileSync(python, [join(__dirname, 'save_local.py'), folder]);
}, 120_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const pack = (name: string, code?: string) => {
  const options = { source: join(folder, `${name}.joblib`), name, out: join(folder, `${name}-package`) };
  return packModel({ ...options, trustPickle: true, code });
};

test.each([
  ['the script that saved it', 'script', /double is defined in the script or notebook .* `--code FILE`/],
  ['a local module', 'module', /No module named 'steps'\. Install it by .* `--code FOLDER`/],
])('a pickle that refers to %s runs with the code in its package', { timeout: 120_000 }, async (_, name, message) => {
  await expect(pack(name)).rejects.toThrow(message);
  const manifest = await pack(name, source);
  expect(manifest.code).toBe('code');
  const files = manifest.files.map(({ path }) => path).filter((path) => path.startsWith('code/'));
  expect(files).toEqual(['code/helpers/__init__.py', 'code/steps.py', 'code/train.py']);

  const directory = join(folder, `${name}-package`);
  const model = await engineFor('pickle').load(artifactOf(directory, manifest), { python, trustPickle: true });
  const data = Float64Array.of(1, 1);
  const [prediction] = await model.run([{ name: 'features', datatype: 'FP64', shape: [1, 2], data }]);
  expect((prediction!.data as Float64Array)[0]).toBeCloseTo(3, 8);
  await model.close();

  await verifyFiles(directory, manifest);
  writeFileSync(join(directory, 'code', 'joblib.py'), '');
  await expect(verifyFiles(directory, manifest)).rejects.toMatchObject({ code: 'FILE_UNLISTED' });
});

test('one module is enough', { timeout: 120_000 }, async () => {
  const train = join(folder, 'alone.py');
  writeFileSync(train, 'def double(rows):\n    return rows * 2\n');
  const notes: string[] = [];
  const manifest = await packModel({
    source: join(folder, 'script.joblib'),
    name: 'alone',
    out: join(folder, 'alone'),
    trustPickle: true,
    code: train,
    onNote: (note) => notes.push(note),
  });
  expect(notes).toEqual(['it imports __main__.double (script.joblib), which may run any code']);
  expect(manifest.files.map(({ path }) => path)).toContain('code/alone.py');
  expect(manifest.samples).toMatchObject({ count: 4, madeUp: true });
});

test('code is rejected for formats that import none, and if it does not exist', async () => {
  const iris = join(root, 'examples', 'iris', 'model.onnx');
  const out = join(folder, 'iris');
  await expect(packModel({ source: iris, name: 'iris', out, code: source })).rejects.toMatchObject({
    code: 'CODE_INVALID',
  });
  await expect(pack('script', join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_MISSING' });
});

test('the package lists a file of the code that has the name of the manifest', { timeout: 120_000 }, async () => {
  const code = join(folder, 'with-settings');
  cpSync(source, code, { recursive: true });
  writeFileSync(join(code, 'model.json'), '{}');
  const out = join(folder, 'with-settings-package');
  const manifest = await packModel({
    source: join(folder, 'script.joblib'),
    name: 'script',
    out,
    trustPickle: true,
    code,
  });
  const paths = manifest.files.map(({ path }) => path);
  expect(paths).toContain('code/model.json');
  expect(paths).not.toContain('model.json');
  await verifyFiles(out, manifest);
});
