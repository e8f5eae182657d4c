import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { functionsFolder } from '../../../lib/bundle/functions-folder.js';
import { imageContext, runtimeParts } from '../../../lib/bundle/image-parts.js';
import { lambdaImageContext } from '../../../lib/bundle/lambda-image-context.js';
import { runtimeFolder } from '../../../lib/bundle/runtime-folder.js';
import { Model } from '../../../lib/model/model.js';
import { writePackage } from '../../support/packages.js';

/** A package of its own, so that nothing is cached for it yet. */
const fresh = () => writePackage({ name: `m${Math.random().toString(36).slice(2)}` });

const FOLDERS: readonly [string, (model: Model) => string][] = [
  ['an image of a function', (model) => lambdaImageContext({ architecture: 'x64', model }).directory],
  ['an image of the runtime', (model) => imageContext({ ...runtimeParts('x64', model.manifest), model }).directory],
  [
    'a function app',
    (model) =>
      functionsFolder({
        runtime: runtimeFolder({ architecture: 'x64' }),
        model,
        keyRequired: true,
        timeoutSeconds: 60,
      }).directory,
  ],
];

describe.each(FOLDERS)('the package in the folder of %s', (_, folderOf) => {
  test.each<[string, string, (file: string) => void, RegExp]>([
    [
      'a damaged file',
      'model.onnx',
      (file) => writeFileSync(file, 'not REAL'),
      /model\.onnx is not the file that the manifest describes.*modelship pack/,
    ],
    ['a file cut off', 'model.onnx', (file) => writeFileSync(file, 'not'), /model\.onnx is not the file/],
    ['a missing file', 'samples.json', (file) => rmSync(file), /samples\.json/],
    [
      'the manifest of another package',
      'model.json',
      (file) => cpSync(join(fresh(), 'model.json'), file),
      /model\.json was replaced after it was read/,
    ],
  ])('is not made of %s, nor kept for when the file is whole again', (_fault, path, damage, message) => {
    const directory = fresh();
    const model = Model.fromDirectory(directory);
    const file = join(directory, path);
    const whole = readFileSync(file);
    damage(file);
    expect(() => folderOf(model)).toThrow(message);
    writeFileSync(file, whole);
    const copy = join(folderOf(model), 'model', path);
    expect(existsSync(copy) && readFileSync(copy)).toEqual(whole);
  });
});
