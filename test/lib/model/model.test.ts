import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { PICKLE_FORMATS } from '@modelship/runtime/manifest';
import { expect, test } from 'vitest';
import { Model } from '../../../lib/index.js';
import { writePackage } from '../../support/packages.js';

test('a model says where it lies, and what it is', () => {
  const directory = writePackage({ name: 'flowers', version: '12' });
  const model = Model.fromDirectory(relative(process.cwd(), directory));
  expect(isAbsolute(model.directory)).toBe(true);
  expect(model).toMatchObject({ directory, name: 'flowers', version: '12', sizeBytes: 10 });
  expect(model.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test('the files are not read: synth is as fast for a model of gigabytes', () => {
  const directory = writePackage();
  writeFileSync(join(directory, 'model.onnx'), 'changed, which the bundle and the runtime will find');
  expect(() => Model.fromDirectory(directory)).not.toThrow();
});

test.each(PICKLE_FORMATS)('%s is refused unless it is trusted', (format) => {
  const directory = writePackage({ format, artifact: 'model.onnx' });
  expect(() => Model.fromDirectory(directory)).toThrow(
    /has the format .*can run code.*`trustPickle: true` as Model\.fromDirectory\(".*", { trustPickle: true }\)/,
  );
  expect(() => Model.fromDirectory(directory, { trustPickle: false })).toThrow(/trustPickle/);
  expect(Model.fromDirectory(directory, { trustPickle: true }).manifest.format).toBe(format);
});

test('a path that is not a string is rejected', () => {
  // As from a variable that is not set, in JavaScript.
  const path = process.env.NO_SUCH_VARIABLE as string;
  expect(() => Model.fromDirectory(path)).toThrow(
    "Model.fromDirectory() needs the path of a package's folder, got undefined.",
  );
});

test('a folder without a manifest is refused with the way to make one', () => {
  const directory = mkdtempSync(join(tmpdir(), 'modelship-model-'));
  expect(() => Model.fromDirectory(directory)).toThrow(
    /no model package at .*: it has no model\.json\. Make a package with `modelship pack/,
  );
});

test('a folder of packages is rejected with the names of the packages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-models-'));
  writePackage({}, join(folder, 'iris'));
  writePackage({}, join(folder, 'roses'));
  expect(() => Model.fromDirectory(folder)).toThrow(
    `${folder} is not a model package, but contains iris, roses. Give the folder of one package, such as ${folder}/iris.`,
  );
});

test('a manifest edited by hand is refused', () => {
  const directory = writePackage();
  const path = join(directory, 'model.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"name": "iris"', '"name": "roses"'));
  expect(() => Model.fromDirectory(directory)).toThrow(/was changed after packing/);
});
