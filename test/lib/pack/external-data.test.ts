import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { externalData, ModelPackageError, packageDigest, verifyFiles } from '@modelship/runtime/manifest';
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

test('fault 48: weights of constants, branches and functions are packed, listed and needed', async () => {
  const out = join(folder, 'nested');
  const samples = join(folder, 'nested.json');
  writeFileSync(samples, JSON.stringify({ instances: [[1, 0, 0, 0]], predictions: [[5, 4, 4, 4]] }));
  const manifest = await packModel({ source: join(folder, 'nested.onnx'), name: 'nested', out, samples });
  const weights = ['branch_constant.bin', 'branch_initializer.bin', 'constant.bin', 'function_constant.bin'];
  expect(manifest.files.map(({ path }) => path)).toEqual([...weights, 'model.onnx', 'samples.json']);

  for (const path of weights) {
    const files = manifest.files.filter((file) => file.path !== path);
    const changed = { ...manifest, files, digest: packageDigest({ ...manifest, files }) };
    writeFileSync(join(out, 'model.json'), JSON.stringify(changed));
    await expect(verifyFiles(out, changed)).rejects.toMatchObject({
      code: 'FILE_UNLISTED',
      message: expect.stringContaining(`${path} belongs to the model`),
    });
  }
});

test('fault 52: a link out of the folder is refused, and links of a download cache to files that lie together are followed', async () => {
  const cache = join(folder, 'cache');
  for (const each of ['blobs', 'snapshots']) mkdirSync(join(cache, each), { recursive: true });
  for (const name of ['big.onnx', 'big.onnx.data']) {
    copyFileSync(join(folder, name), join(cache, 'blobs', name));
    symlinkSync(join('..', 'blobs', name), join(cache, 'snapshots', name));
  }
  const source = join(cache, 'snapshots', 'big.onnx');
  const manifest = await packModel({ source, name: 'big', out: join(folder, 'cached') });
  expect(manifest.files.map(({ path }) => path)).toContain('big.onnx.data');

  copyFileSync(join(folder, 'big.onnx.data'), join(folder, 'private'));
  rmSync(join(cache, 'snapshots', 'big.onnx.data'));
  symlinkSync(join(folder, 'private'), join(cache, 'snapshots', 'big.onnx.data'));
  await expect(packModel({ source, name: 'big', out: join(folder, 'leaking') })).rejects.toThrow(
    /big\.onnx\.data is a link to \S+private, outside the folder of the model.*`cp -rL FOLDER COPY`/,
  );

  const graph = join(folder, 'graph');
  mkdirSync(join(graph, 'assets'), { recursive: true });
  writeFileSync(join(graph, 'saved_model.pb'), '');
  for (const target of [join(folder, 'private'), folder]) {
    symlinkSync(target, join(graph, 'assets', 'words.txt'));
    await expect(packModel({ source: graph, name: 'graph', out: join(folder, 'leaking') })).rejects.toThrow(
      /words\.txt is a link to \S+, outside the folder of the model/,
    );
    rmSync(join(graph, 'assets', 'words.txt'));
  }
});

test.each([
  ['a group, which other parsers skip', Buffer.from([0x0b, 0x0c])],
  ['a field number above the highest, which other parsers shorten', Buffer.from([0x82, 0x80, 0x80, 0x80, 0x10, 0x00])],
  ['a length beyond its end', Buffer.from([0x0a, 0x7f])],
  ['what is the start of a pickle, too', Buffer.from([0x80, 0x02, 0x00])],
])('a model that hides weights behind %s is refused', (_, hidden) => {
  const bytes = readFileSync(join(folder, 'nested.onnx'));
  const path = join(folder, 'hidden.onnx');
  writeFileSync(path, Buffer.concat([hidden, bytes]));
  expect(() => externalData(path)).toThrow(ModelPackageError);
  // The same within a second graph, which parsers merge with the first.
  const graph = Buffer.from([0x3a, hidden.length, ...hidden]);
  writeFileSync(path, Buffer.concat([bytes, graph]));
  if (hidden[0] !== 0x80) expect(() => externalData(path)).toThrow(/is damaged: byte \d+ is not where a field ends/);
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
  expect(() => externalData(model)).toThrow(/keeps weights in big\.onnx\.data, which is missing from its folder/);
});
