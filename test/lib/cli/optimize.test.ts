import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { converter } from '../optimize/support.js';
import { echoPackage, IRIS, modelship } from './support.js';

afterEach(() => {
  process.exitCode = undefined;
  vi.unstubAllEnvs();
});

/** Runs `modelship optimize` in a folder of its own with a Python that fails. Returns what is in the folder afterwards too. */
async function optimize(line: string, args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'optimize-'));
  vi.stubEnv('MODELSHIP_PYTHON', converter(mkdtempSync(join(tmpdir(), 'converter-')), { fails: line }));
  const { code, stderr } = await modelship('optimize', ...args, '--out', join(folder, 'package'), '--json');
  return { code, error: JSON.parse(stderr).error, files: readdirSync(folder) };
}

test('a converter that is not installed is named with its version and the ways to install it', async () => {
  const { code, error, files } = await optimize('MODULE onnxslim', [IRIS, '--to', 'graph']);
  expect({ code, files }).toEqual({ code: 1, files: [] });
  expect(error.code).toBe('CONVERTER_MISSING');
  expect(error.message).toMatch(
    /it has no module onnxslim.*Add --install .*`pip install onnx==\S+ onnxruntime==\S+ onnxslim==\S+`.*MODELSHIP_PYTHON/,
  );
});

test('a model that the converter does not take is an error with the reason', async () => {
  const { code, error, files } = await optimize('FAILED ValueError: it has no operators', [IRIS, '--to', 'int8']);
  expect({ code, files }).toEqual({ code: 1, files: [] });
  expect(error).toEqual({
    code: 'CONVERSION_FAILED',
    message: 'the converter cannot convert the model to int8: ValueError: it has no operators.',
  });
});

test.each([
  ['a model that is ONNX already', [IRIS, '--to', 'onnx'], 'CONVERSION_NEEDLESS', /is ONNX already/],
  ['labels without rows', [IRIS, '--to', 'int8', '--label', 'y'], 'NO_DATA', /--label is about a data set/],
  ['a metric without rows', [IRIS, '--to', 'int8', '--metric', 'accuracy'], 'NO_DATA', /--metric is about a data set/],
])('%s is refused', async (_, args, code, message) => {
  const result = await optimize('FAILED it was called', args);
  expect(result).toMatchObject({ code: 1, error: { code }, files: [] });
  expect(result.error.message).toMatch(message);
});

test('a package without samples needs rows', async () => {
  const { error } = await optimize('FAILED it was called', [echoPackage('FP32'), '--to', 'graph']);
  expect(error.message).toContain('has no golden samples to compare answers for. Give a data set with --rows.');
});

test('a metric that the model does not have is refused', async () => {
  const rows = join(mkdtempSync(join(tmpdir(), 'rows-')), 'rows.csv');
  writeFileSync(rows, 'a,b,c,d,y\n1,2,3,4,setosa\n');
  vi.stubEnv(
    'MODELSHIP_PYTHON',
    converter(mkdtempSync(join(tmpdir(), 'converter-')), { writes: join(IRIS, 'model.onnx') }),
  );
  const out = join(mkdtempSync(join(tmpdir(), 'optimize-')), 'package');
  const args = ['--to', 'graph', '--rows', rows, '--label', 'y', '--metric', 'r2', '--out', out, '--json'];
  const { stderr } = await modelship('optimize', IRIS, ...args);
  expect(JSON.parse(stderr).error.code).toBe('METRIC_UNKNOWN');
});
