import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { externalData } from '@modelship/runtime/manifest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packModel } from '../../../lib/pack/index.js';

const root = join(__dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'modelship-external-'));
const model = join(folder, 'big.onnx');

beforeAll(() => {
  const script = join(root, 'test', 'runtime', 'manifest', 'external_data.py');
  execFileSync(join(root, '.venv', 'bin', 'python'), [script, folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('weights that a model keeps beside it are packed, and it runs', async () => {
  const out = join(folder, 'out');
  const samples = join(folder, 'samples.json');
  // As onnx 1.23 leaves it, whatever the version here does.
  chmodSync(join(folder, 'big.onnx.data'), 0o600);
  writeFileSync(samples, JSON.stringify({ instances: [[1, 0, 0, 0]] }));
  const manifest = await packModel({ source: model, name: 'big', out, samples });
  expect(manifest.files.map(({ path }) => path)).toEqual(['big.onnx.data', 'model.onnx', 'samples.json']);
  expect(readdirSync(out).sort()).toEqual(['big.onnx.data', 'model.json', 'model.onnx', 'samples.json']);
  expect((statSync(join(out, 'big.onnx.data')).mode & 0o777).toString(8)).toBe('644');
});

test('a model that keeps its weights in itself has no others', () => {
  expect(externalData(join(root, 'examples', 'iris', 'model.onnx'))).toEqual([]);
});

test('weights outside the folder are refused', () => {
  const escaping = join(folder, 'escaping.onnx');
  const bytes = Buffer.from(
    readFileSync(model).toString('latin1').replaceAll('big.onnx.data', '../../shadows'),
    'latin1',
  );
  writeFileSync(escaping, bytes);
  expect(() => externalData(escaping)).toThrow(/outside its own folder/);
});

test('weights that are missing are named', () => {
  rmSync(join(folder, 'big.onnx.data'));
  expect(() => externalData(model)).toThrow(/keeps weights in big\.onnx\.data, which is not beside it/);
});
