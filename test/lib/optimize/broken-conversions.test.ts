import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { modelship, type Run } from '../cli/support.js';
import { converter, PYTHON } from './support.js';

// The command starts its server with the script of its own process, which is that of the tests here.
vi.mock('../../../lib/cli/server-process.js', async () => {
  const { serveLocally } = await import('../../../lib/cli/local.js');
  const { Output } = await import('../../../lib/cli/output.js');
  return {
    startServer: async (directory: string) => ({
      ...(await serveLocally(directory, {}, new Output(true))),
      pid: process.pid,
    }),
  };
});

afterEach(() => {
  process.exitCode = undefined;
  vi.unstubAllEnvs();
});

const folder = mkdtempSync(join(tmpdir(), 'broken-conversions-'));
execFileSync(PYTHON, [join(__dirname, 'break_models.py'), folder], { stdio: 'pipe' });
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => name.slice(0, -'.onnx'.length));
const right = names.filter((name) => name.startsWith('right'));
const broken = names.filter((name) => !name.startsWith('right'));
const original = join(folder, 'package');
const packed = modelship(
  'pack',
  join(folder, 'right.onnx'),
  '--name',
  'flowers',
  '--out',
  original,
  '--samples',
  join(folder, 'samples.json'),
);

/** Runs `modelship optimize` with a converter that writes a model. Returns the folder of the new package. */
async function optimized(
  model: string,
  ...options: string[]
): Promise<Run & { readonly out: string; readonly beside: string }> {
  expect((await packed).stderr).not.toContain('modelship:');
  const beside = mkdtempSync(join(tmpdir(), 'optimized-'));
  vi.stubEnv(
    'MODELSHIP_PYTHON',
    converter(mkdtempSync(join(tmpdir(), 'converter-')), { writes: join(folder, `${model}.onnx`) }),
  );
  const out = join(beside, 'package');
  const args = ['--to', 'graph', '--out', out, '--rows', join(folder, 'rows.csv'), '--json', ...options];
  return { ...(await modelship('optimize', original, ...args)), out, beside };
}

test.each(right)('%s is packed with its proof', async (model) => {
  const { code, stdout, stderr, out } = await optimized(model);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const proof = JSON.parse(stdout);
  const none = { differing: 0, differences: [] };
  expect(proof).toMatchObject({ samples: { count: 3, ...none }, rows: { count: 40, ...none }, accepted: [] });
  for (const { bytes, measured } of [proof.before, proof.after]) {
    expect(bytes).toBeGreaterThan(0);
    expect(measured.latencySeconds).toBeGreaterThan(0);
  }
  const inspected = JSON.parse((await modelship('inspect', out, '--json')).stdout);
  expect(inspected.optimization).toEqual(JSON.parse(readFileSync(join(out, 'optimization.json'), 'utf8')));
  expect(inspected.optimization.from.digest).toBe(
    JSON.parse(readFileSync(join(original, 'model.json'), 'utf8')).digest,
  );
  expect(inspected.digest).toBe(proof.digest);
});

test('more than 20 conversions are broken', () => {
  expect(broken.length).toBeGreaterThan(20);
});

/** Models that answer the samples rightly, so that the rows alone show the fault. */
const SEEN_IN_ROWS: Readonly<Record<string, RegExp>> = {
  'one wrong weight': /: \d+ of 40 rows have other answers\.\n {2}\S*rows\.csv, row \d+: /,
  'large features cut off': /: 1 of 40 rows have other answers\.\n {2}\S*rows\.csv, row 40: /,
  'negative features mirrored': /: \d+ of 40 rows have other answers\.\n {2}\S*rows\.csv, row \d+: /,
  'one row in a request': /: 40 of 40 rows have other answers\.\n {2}\S*rows\.csv, row 1: it is rejected: /,
};

describe.each(broken)('%s', (model) => {
  test('is refused, and nothing is written', async () => {
    const { code, stdout, stderr, beside } = await optimized(model);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const { error } = JSON.parse(stderr);
    expect(error.code).toBe('CONVERSION_REFUSED');
    expect(error.message).toMatch(
      SEEN_IN_ROWS[model] ?? /cannot be loaded: |golden samples have other answers.*\.\n {2}\S*samples\.json/s,
    );
    expect(readdirSync(beside)).toEqual([]);
  });
});

test('a refused conversion is written if it is accepted, and the package says so', async () => {
  const { code, stderr, out } = await optimized('large features cut off', '--accept');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect((await modelship('inspect', out)).stdout).toMatch(/accepted +1 of 40 rows have other answers/);
});

describe('fewer bits', () => {
  const labelled = ['--to', 'int8', '--rows', join(folder, 'labelled.csv'), '--label', 'y'];

  test('are refused for a loss beyond the margin, even if the rows are too few for the paired test', async () => {
    const { stderr, beside } = await optimized('another activation', ...labelled, '--tolerance', '10');
    const { error } = JSON.parse(stderr);
    expect(error.code).toBe('CONVERSION_REFUSED');
    expect(error.message).toMatch(/accuracy is lower by 0\.\d+, which is beyond the margin of 0\.01 and may be chance/);
    expect(error.message).not.toContain('rows have other answers');
    expect(readdirSync(beside)).toEqual([]);
  });

  test('that are as many bytes as before gain nothing', async () => {
    const { stderr } = await optimized('weights rounded to 16 bits', ...labelled);
    expect(JSON.parse(stderr).error.message).toMatch(
      /: the model has \d+ bytes, and had \d+, so that fewer bits gain nothing\./,
    );
  });

  test('may change each number by a little', async () => {
    const { code, stdout } = await optimized('weights rounded to 16 bits', ...labelled, '--accept');
    expect(code).toBe(0);
    const { samples, rows, leastSqnr, evaluation } = JSON.parse(stdout);
    expect({ leastSqnr, rows }).toMatchObject({ leastSqnr: 20, rows: { count: 40, differing: 0 } });
    for (const { sqnr } of [samples, rows]) expect(sqnr).toBeGreaterThan(20);
    expect(evaluation).toMatchObject({ gain: 0, metrics: { accuracy: 1 } });
  });
});

test('a request that the model before rejects is named', async () => {
  const picky = join(folder, 'picky');
  const model = join(folder, 'picky.model');
  expect(await modelship('pack', model, '--name', 'picky', '--out', picky)).toMatchObject({ code: 0 });
  const rows = join(folder, 'picky.csv');
  writeFileSync(rows, 'place\n1\n9\n');
  vi.stubEnv('MODELSHIP_PYTHON', converter(mkdtempSync(join(tmpdir(), 'converter-')), { writes: model }));
  const out = join(mkdtempSync(join(tmpdir(), 'optimized-')), 'package');
  const args = ['--to', 'graph', '--rows', rows, '--out', out, '--json'];
  const { code, stderr } = await modelship('optimize', picky, ...args);
  expect(code).toBe(1);
  const { error } = JSON.parse(stderr);
  expect(error.code).toBe('DATA_SET_INVALID');
  expect(error.message).toMatch(/^the model rejects a request with the 2 rows from \S*picky\.csv, row 1: /);
});

test('a larger tolerance takes differences of numbers', async () => {
  expect(await optimized('weights rounded to 16 bits', '--tolerance', '0.01')).toMatchObject({ code: 0, stderr: '' });
});
