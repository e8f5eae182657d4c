import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { extract, list } from 'tar';
import { expect, test } from 'vitest';
import { modelArchive } from '../../../lib/bundle/model-archive.js';
import { Model } from '../../../lib/model/model.js';
import { writePackage } from '../../support/packages.js';

const content = { 'model.onnx': 'weights', 'samples.json': '[]', 'assets/labels.txt': 'a\nb\n' };
/** A package of its own, so that no other test's archive is found. */
const fresh = () => Model.fromDirectory(writePackage({ content, name: `m${Math.random().toString(36).slice(2)}` }));
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

test('holds the package, from the archive’s root', () => {
  const model = fresh();
  const folder = mkdtempSync(join(tmpdir(), 'modelship-extracted-'));
  extract({ file: modelArchive(model).path, cwd: folder, sync: true });
  expect(Model.fromDirectory(folder).digest).toBe(model.digest);
  expect(readFileSync(join(folder, 'assets/labels.txt'), 'utf8')).toBe('a\nb\n');
});

test('has the same bytes whatever the times and modes of the files were', () => {
  const model = fresh();
  const first = modelArchive(model);
  const before = sha256(first.path);
  rmSync(dirname(first.path), { recursive: true });
  chmodSync(join(model.directory, 'model.onnx'), 0o755);
  utimesSync(join(model.directory, 'model.onnx'), 1, 1);
  const second = modelArchive(model);
  expect(second).toEqual(first);
  expect(sha256(second.path)).toBe(before);
});

test('is made once for each content', () => {
  const model = fresh();
  const { path } = modelArchive(model);
  writeFileSync(path, 'already there');
  modelArchive(model);
  expect(readFileSync(path, 'utf8')).toBe('already there');
  rmSync(dirname(path), { recursive: true });
});

test('holds another layout, with files that were written for it', () => {
  const model = fresh();
  const source = join(model.directory, 'model.onnx');
  const { path } = modelArchive(model, [
    { path: 'repository/iris/1/model.onnx', source },
    { path: 'repository/iris/config.pbtxt', content: 'name: "iris"' },
  ]);
  const paths: string[] = [];
  list({ file: path, sync: true, onReadEntry: (entry) => paths.push(entry.path) });
  expect(paths).toEqual(['repository/iris/1/model.onnx', 'repository/iris/config.pbtxt']);
  expect(path).not.toBe(modelArchive(model).path);
});

test('refuses a file that the manifest does not describe, and leaves no archive', () => {
  const model = fresh();
  writeFileSync(join(model.directory, 'model.onnx'), 'other weights');
  expect(() => modelArchive(model)).toThrow(/model\.onnx is not the file that the manifest describes/);
  expect(() => modelArchive(model)).toThrow(/modelship pack/);
});

test('names a file that is missing', () => {
  const model = fresh();
  rmSync(join(model.directory, 'assets/labels.txt'));
  expect(() => modelArchive(model)).toThrow(/labels\.txt/);
});
