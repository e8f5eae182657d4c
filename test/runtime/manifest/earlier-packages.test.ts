import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODEL_FORMATS, readManifest } from '@modelship/runtime/manifest';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { IRIS, modelship, ROOT } from '../../lib/cli/support.js';

const python = join(ROOT, '.venv', 'bin', 'python');
const folder = join(ROOT, 'test', 'fixtures', 'packages-0.1');
const packages = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Formats that 0.1 packed. */
const FORMATS = ['exported_program', 'lightgbm', 'onnx', 'pickle', 'saved_model', 'torch_pickle', 'torchscript'];

test('there is a package of every format of 0.1, all of which are formats still', () => {
  expect(packages.sort()).toEqual(FORMATS);
  expect(MODEL_FORMATS).toEqual(expect.arrayContaining(FORMATS));
});

describe.each(packages)('a package of 0.1 of the format %s', (format) => {
  const directory = join(folder, format);

  test('is complete, and its digest is the one that it was packed with', async () => {
    const { digest } = JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8'));
    expect(readManifest(directory)).toMatchObject({ format, digest });
    expect(Model.fromDirectory(directory, { trustPickle: true }).digest).toBe(digest);
    const { code, stdout } = await modelship('inspect', directory);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(digest) });
  });

  test('is served, and gives the answers of its golden samples', { timeout: 120_000 }, async () => {
    vi.stubEnv('MODELSHIP_PYTHON', python);
    const { samples } = readManifest(directory);
    const { code, stdout, stderr } = await modelship('evaluate', directory, '--trust-pickle');
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${samples.count} of ${samples.count} samples agree`);
  });
});

test.each(['lightgbm', 'saved_model'])(
  'the start of a model of %s logs no warning',
  { timeout: 120_000 },
  async (format) => {
    vi.stubEnv('MODELSHIP_PYTHON', python);
    const data = ['--data', '{"instances": [[5.1, 3.5, 1.4, 0.2]]}'];
    const { code, stderr } = await modelship('predict', join(folder, format), ...data);
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('- Load'));
    expect({ code, lines }).toEqual({ code: 0, lines: [] });
  },
);

describe('a package of a newer schema', () => {
  /** The package of iris with another schema version. */
  function newer(fields: object): string {
    const directory = mkdtempSync(join(tmpdir(), 'modelship-newer-'));
    cpSync(IRIS, directory, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8'));
    writeFileSync(join(directory, 'model.json'), JSON.stringify({ ...manifest, schemaVersion: 2, ...fields }));
    return directory;
  }
  const FIRST = { minimumVersion: '0.9.0', engines: ['a field that this version does not know'] };

  test.each(['inspect', 'serve'])('is rejected by %s with the version to install', async (command) => {
    const { code, stderr } = await modelship(command, newer(FIRST));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /has the schema 2, and Modelship .* reads schemas up to 1\. Install Modelship 0\.9\.0 or later/,
    );
  });

  test('is rejected by the constructs with the version to install', () => {
    expect(() => Model.fromDirectory(newer(FIRST))).toThrow(/Install Modelship 0\.9\.0 or later/);
  });

  test('is rejected with the latest version if it names none', () => {
    expect(() => readManifest(newer({}))).toThrow(/Install the latest Modelship, or pack the model again/);
    expect(() => readManifest(newer({ minimumVersion: 'x; rm -rf /' }))).toThrow(/Install the latest Modelship/);
  });
});
