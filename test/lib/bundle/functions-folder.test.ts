import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FUNCTIONS_MODEL_FOLDER, functionsFolder } from '../../../lib/bundle/functions-folder.js';
import { Model } from '../../../lib/model/model.js';
import { writePackage } from '../../support/packages.js';

/** A folder as the runtime's, with a digest that no other test has. */
function runtime() {
  const directory = mkdtempSync(join(tmpdir(), 'modelship-runtime-'));
  writeFileSync(join(directory, 'server.js'), '// runtime');
  return { directory, digest: directory };
}

function options() {
  return { runtime: runtime(), model: Model.fromDirectory(writePackage()), keyRequired: false, timeoutSeconds: 90 };
}

function json(directory: string, path: string) {
  return JSON.parse(readFileSync(join(directory, path), 'utf8'));
}

test('holds the runtime, the package, and one function for every route', () => {
  const { directory } = functionsFolder(options());
  expect(readdirSync(directory).sort()).toEqual(['host.json', 'model', 'serve', 'server.js']);
  expect(readdirSync(join(directory, FUNCTIONS_MODEL_FOLDER)).sort()).toEqual([
    'model.json',
    'model.onnx',
    'samples.json',
  ]);
  const { bindings } = json(directory, 'serve/function.json');
  expect(bindings[0]).toMatchObject({ type: 'httpTrigger', route: '{*path}', authLevel: 'anonymous' });
  // Without a list of methods the trigger takes all of them.
  expect(bindings[0]).not.toHaveProperty('methods');
});

test('has the host start the runtime and forward requests as they came', () => {
  expect(json(functionsFolder(options()).directory, 'host.json')).toEqual({
    version: '2.0',
    functionTimeout: '00:01:30',
    extensions: { http: { routePrefix: '' } },
    customHandler: {
      description: { defaultExecutablePath: 'node', arguments: ['server.js'] },
      enableForwardingHttpRequest: true,
    },
  });
});

test('asks callers for a key if told to', () => {
  const { directory } = functionsFolder({ ...options(), keyRequired: true });
  expect(json(directory, 'serve/function.json').bindings[0].authLevel).toBe('function');
});

test('is the same for the same content, and another for each difference', () => {
  const same = options();
  const first = functionsFolder(same);
  expect(functionsFolder(same)).toEqual(first);
  const others = [
    { ...same, keyRequired: true },
    { ...same, timeoutSeconds: 91 },
    { ...same, runtime: runtime() },
    { ...same, model: Model.fromDirectory(writePackage({ version: '2' })) },
  ].map((other) => functionsFolder(other).digest);
  expect(new Set([first.digest, ...others]).size).toBe(5);
});

test('a build that fails leaves nothing that would be taken for a folder', () => {
  const broken = options();
  rmSync(join(broken.model.directory, 'model.onnx'));
  expect(() => functionsFolder(broken)).toThrow(/model\.onnx/);
  writeFileSync(join(broken.model.directory, 'model.onnx'), 'not real');
  const { directory } = functionsFolder(broken);
  expect(existsSync(join(directory, FUNCTIONS_MODEL_FOLDER, 'model.onnx'))).toBe(true);
});
