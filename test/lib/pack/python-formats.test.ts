import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorSpec } from '@modelship/runtime';
import { createRuntime, readConfig } from '@modelship/runtime/serve';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PackOptions, packModel } from '../../../lib/pack/index.js';

const root = join(__dirname, '..', '..', '..');
const python = join(root, '.venv', 'bin', 'python');
const folder = mkdtempSync(join(tmpdir(), 'modelship-formats-'));
const file = (name: string) => join(folder, name);
const out = join(folder, 'out', 'package');

beforeAll(() => {
  execFileSync(python, [join(__dirname, 'save_formats.py'), folder], { stdio: 'pipe' });
  // Each framework is imported in a process of its own.
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  vi.stubEnv('MODELSHIP_PYTHON', python);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(join(folder, 'out'), { recursive: true, force: true });
});

const FEATURES: TensorSpec = { name: 'input', datatype: 'FP32', shape: [-1, 4] };
const pack = (name: string, options: Partial<PackOptions> = {}) =>
  packModel({ source: file(name), name: 'iris', out, trustPickle: true, ...options });

test.each<[string, string, Partial<PackOptions>]>([
  ['torchscript', 'torch', { inputs: [FEATURES] }],
  ['exported_program', 'torch', {}],
  ['torch_pickle', 'torch', { inputs: [FEATURES] }],
  ['saved_model', 'tensorflow', {}],
  ['pickle', 'scikit-learn', {}],
  ['lightgbm', 'lightgbm', { trustPickle: false }],
])(
  'a package of %s holds what its framework answered, and is served with the same',
  { timeout: 90_000 },
  async (format, framework, options) => {
    const manifest = await pack(format, { samples: file(`${format}.json`), labels: ['a', 'b', 'c'], ...options });
    expect(manifest.format).toBe(format);
    expect(manifest.samples.count).toBe(3);
    expect(manifest.requirements!.join('\n')).toMatch(new RegExp(`^${framework}(-cpu)?==[\\d.]+`, 'm'));
    expect(manifest.inputs).toMatchObject([{ shape: [-1, 4] }]);
    expect(manifest.outputs.at(-1)).toMatchObject({ shape: [-1, 3], labels: ['a', 'b', 'c'] });
    // Loading runs the samples.
    const trusted = manifest.format === 'lightgbm' ? {} : { MODELSHIP_TRUST_PICKLE: 'true' };
    const runtime = createRuntime(
      readConfig({ MODELSHIP_MODEL: out, MODELSHIP_PYTHON: python, MODELSHIP_LOG_LEVEL: 'error', ...trusted }),
    );
    await runtime.load();
    try {
      expect(runtime.catalog.ready).toBe(true);
    } finally {
      await runtime.close();
    }
  },
);

test('another answer than that of the framework is not packed', async () => {
  const { instances, predictions } = JSON.parse(readFileSync(file('lightgbm.json'), 'utf8'));
  const samples = file('reversed.json');
  writeFileSync(samples, JSON.stringify({ instances, predictions: predictions.reverse() }));
  await expect(pack('lightgbm', { samples })).rejects.toMatchObject({ code: 'SAMPLES_DIFFER' });
});

test('inputs are taken from samples that say their types', async () => {
  const samples = file('open_inference.json');
  const input = { name: 'rows', datatype: 'FP32', shape: [2, 4], data: [5, 3, 1, 0, 6, 3, 5, 2] };
  writeFileSync(
    samples,
    JSON.stringify([{ inputs: [input] }, { inputs: [{ ...input, shape: [1, 4], data: [1, 2, 3, 4] }] }]),
  );
  const manifest = await pack('torchscript', { samples });
  expect(manifest.inputs).toEqual([{ name: 'rows', datatype: 'FP32', shape: [-1, 4] }]);
});

describe('what cannot be packed is refused with what to do, and leaves nothing', () => {
  const cut = (name: string) => {
    const path = file(`cut_${name}`);
    const bytes = readFileSync(file(name));
    writeFileSync(path, bytes.subarray(0, bytes.length / 2));
    return path;
  };

  test.each<[string, () => Promise<unknown>, string, RegExp]>([
    [
      'an ExportedProgram that was cut',
      () => pack('', { source: cut('exported_program') }),
      'ARTIFACT_INVALID',
      /was cut off/,
    ],
    ['TorchScript that was cut', () => pack('', { source: cut('torchscript') }), 'ARTIFACT_INVALID', /was cut off/],
    [
      'LightGBM that was cut',
      () => pack('', { source: cut('lightgbm') }),
      'ARTIFACT_INVALID',
      /was cut off or changed/,
    ],
    [
      'a pickle that was cut',
      () => pack('', { source: cut('pickle') }),
      'ARTIFACT_INVALID',
      /cut_pickle .*in the middle of a pickle/,
    ],
    [
      'an archive without its program',
      () => pack('damaged'),
      'ARTIFACT_INVALID',
      /damaged cannot be loaded.*Save the model again/,
    ],
    ['weights alone', () => pack('weights'), 'ARTIFACT_INVALID', /weights without the module/],
    [
      'a pickle without trust',
      () => pack('pickle', { trustPickle: false }),
      'FORMAT_UNTRUSTED',
      /it imports only classes.*--trust-pickle/,
    ],
    [
      'an ExportedProgram without trust',
      () => pack('exported_program', { trustPickle: false }),
      'FORMAT_UNTRUSTED',
      /has the format exported_program, and loading it can run code/,
    ],
    [
      'scripted TorchScript of unknown inputs',
      () => pack('torchscript'),
      'ARTIFACT_INVALID',
      /takes input, and does not record/,
    ],
    [
      'another input than the file records',
      () => pack('lightgbm', { inputs: [FEATURES] }),
      'INPUTS_DIFFER',
      /takes features FP64 \[-1, 4\], but input FP32 \[-1, 4\] was given/,
    ],
  ])('%s', async (_, packed, code, message) => {
    await expect(packed()).rejects.toMatchObject({
      name: 'ModelPackageError',
      code,
      message: expect.stringMatching(message),
    });
    expect(readdirSync(folder)).not.toContain('out');
  });
});
