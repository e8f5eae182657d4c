import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { converter } from '../optimize/support.js';
import { echoPackage, IRIS, modelship, ROOT } from './support.js';

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
  [
    'a margin without labels',
    [IRIS, '--to', 'int8', '--rows', 'rows.csv', '--margin', '0.1'],
    'NOTHING_EXPECTED',
    /--margin is about labels: add --label COLUMN/,
  ],
])('%s is refused', async (_, args, code, message) => {
  const result = await optimize('FAILED it was called', args);
  expect(result).toMatchObject({ code: 1, error: { code }, files: [] });
  expect(result.error.message).toMatch(message);
});

test('a folder with another package is refused before the model is converted', async () => {
  const out = echoPackage('FP32');
  const before = readFileSync(join(out, 'model.json'));
  vi.stubEnv('MODELSHIP_PYTHON', '/no/python');
  const { code, stderr } = await modelship('optimize', IRIS, '--to', 'graph', '--out', out, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stderr).error.code).toBe('OUTPUT_EXISTS');
  expect(readFileSync(join(out, 'model.json'))).toEqual(before);
});

test('ranges of values are not taken from samples that are made up', async () => {
  const plain = join(mkdtempSync(join(tmpdir(), 'plain-')), 'package');
  expect(await modelship('pack', join(IRIS, 'model.onnx'), '--name', 'plain', '--out', plain)).toMatchObject({
    code: 0,
  });
  const { error } = await optimize('FAILED it was called', [plain, '--to', 'int8-static']);
  expect(error.code).toBe('CONVERSION_FAILED');
  expect(error.message).toMatch(
    /takes ranges from requests, and the samples of .* are made up\. Give a data set with --rows/,
  );
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

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s ends the converter, and leaves no files',
  async (signal, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'interrupted-'));
    const [temporary, started] = [join(folder, 'tmp'), join(folder, 'converter')];
    mkdirSync(temporary);
    const python = converter(mkdtempSync(join(tmpdir(), 'converter-')), { waits: started });
    const args = ['optimize', IRIS, '--to', 'graph', '--out', join(folder, 'new', 'package')];
    const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'bin', 'modelship.ts'), ...args], {
      cwd: ROOT,
      env: { ...process.env, TSX_TSCONFIG_PATH: 'tsconfig.test.json', TMPDIR: temporary, MODELSHIP_PYTHON: python },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await vi.waitUntil(() => existsSync(started), { timeout: 150_000 });
    child.kill(signal);
    expect(await ended).toEqual([code, null]);
    const converting = Number(readFileSync(started, 'utf8'));
    await vi.waitUntil(() => !isRunning(converting), { timeout: 60_000 });
    expect(readdirSync(folder).sort()).toEqual(['converter', 'tmp']);
    expect(readdirSync(temporary).filter((name) => name.startsWith('modelship-'))).toEqual([]);
    // A busy machine compiles the sources for a while.
  },
  180_000,
);

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
