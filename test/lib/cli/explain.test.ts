import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { readManifest } from '@modelship/runtime/manifest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve, stopAll } from '../../runtime/faults/servers.js';
import { expectNear } from '../../support/near.js';
import { writePackage } from '../../support/packages.js';
import { IRIS, modelship, ROOT } from './support.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'modelship-explain-'));
const REFERENCE = join(ROOT, 'test/runtime/explain/reference');
const { instances, background, interventional } = JSON.parse(readFileSync(join(REFERENCE, 'shap.json'), 'utf8')).cases[
  'random forest in ONNX'
] as {
  instances: number[][];
  background: number[][];
  interventional: { base: number[]; values: number[][][] };
};
const FOREST = join(FOLDER, 'forest');

function file(name: string, content: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, content);
  return path;
}

const BACKGROUND = file('background.json', JSON.stringify({ instances: background }));
const ROWS = file(
  'rows.csv',
  [['a', 'b', 'c', 'd', 'e', 'label'], ...instances.map((row) => [...row, 1])]
    .map((row) => `${row.join(',')}\n`)
    .join(''),
);

beforeAll(async () => {
  const packed = await modelship(
    ...['pack', join(REFERENCE, 'forest.onnx'), '--name', 'forest', '--out', FOREST, '--background', BACKGROUND],
  );
  expect(packed).toMatchObject({ code: 0, stdout: expect.stringMatching(/background +9 rows/) });
});
afterAll(async () => {
  await stopAll();
  rmSync(FOLDER, { recursive: true });
});

interface Result {
  readonly method: string;
  readonly outputs: string[];
  readonly rows: { place: string; values: number[]; base: number[]; effects: number[][] }[];
  readonly mean: number[][];
}

/** Sends a body, or asks without one. */
async function answer(url: string, body?: object): Promise<{ status: number; text: string }> {
  const response = await fetch(url, body && { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

const flat = (values: unknown) => (values as number[][]).flat(2) as number[];

describe('explain', () => {
  test('has the effects of the shap package, relative to the background in the package', async () => {
    const { code, stdout } = await modelship('explain', FOREST, '--rows', ROWS, '--label', 'label', '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Result;
    expect(result).toMatchObject({ method: 'interventional', link: 'identity', outputs: ['0', '1', '2'] });
    expectNear(flat(result.rows.map(({ effects }) => effects)), flat(interventional.values), 1e-6);
    expectNear(result.rows[0]!.base, interventional.base, 1e-6);
    expectNear(flat(result.rows.map(({ values }) => values)), flat(instances), 1e-6);
    const sizes = interventional.values.map((row) => Math.abs(row[2]![1]!));
    expect(result.mean[2]![1]).toBeCloseTo(sizes.reduce((sum, size) => sum + size, 0) / sizes.length, 6);
  });

  test('prints the features with the largest effects', async () => {
    const { code, stdout } = await modelship('explain', FOREST, '--rows', ROWS, '--label', 'label', '--top', '1');
    expect(code).toBe(0);
    const effects = interventional.values[0]!;
    const largest = effects.findIndex((each) =>
      each.some((effect) => Math.abs(effect) === Math.max(...flat(effects).map(Math.abs))),
    );
    const [head, , place, , base, first, all] = stdout.split('\n');
    expect(head).toBe('Effects on the prediction, method interventional');
    expect(place).toContain('rows.csv');
    expect(base).toMatch(/^ {2}base/);
    expect(first).toContain(`X[${largest}]`);
    expect(all).toMatch(/^ {2}all features/);
    expect(stdout).toContain('Mean size of the effects in 6 rows');
  });

  test('samples models that are neither trees nor linear', async () => {
    const rows = file(
      'flowers.jsonl',
      '{"a": 5.1, "b": 3.5, "c": 1.4, "d": 0.2}\n{"a": 6.3, "b": 3.3, "c": 6.0, "d": 2.5}\n',
    );
    const { code, stdout } = await modelship('explain', IRIS, '--rows', rows, '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Result;
    expect(result).toMatchObject({ method: 'sampled', outputs: ['setosa', 'versicolor', 'virginica'] });
    for (const { base, effects } of result.rows) {
      const total = base.reduce((sum, each) => sum + each, 0) + flat(effects).reduce((sum, each) => sum + each, 0);
      expect(total).toBeCloseTo(1, 4);
    }
    const exact = await modelship('explain', IRIS, '--rows', rows, '--method', 'interventional');
    expect(exact).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('method interventional is for trees and linear'),
    });
  });

  test('rejects effects of several methods, which have no common unit', async () => {
    const server = await serve({ model: FOREST });
    const bodies: object[] = [];
    // The server samples all rows but the first.
    const proxy = createServer(async (request, response) => {
      const isExplain = request.url!.endsWith(':explain');
      const body = isExplain ? ((await json(request)) as object) : undefined;
      if (body) bodies.push(body);
      const sent = bodies.length > 1 ? { ...body, parameters: { method: 'sampled' } } : body;
      const { status, text } = await answer(`${server}${request.url}`, sent);
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    try {
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const { code, stderr } = await modelship('explain', url, '--rows', ROWS, '--label', 'label', '--json');
      expect(bodies).toHaveLength(2);
      expect(stderr).toMatch(/explains .*rows\.csv, row 2 by the method sampled .* and earlier rows by interventional/);
      expect(code).toBe(1);
    } finally {
      proxy.close();
    }
  });

  test.each<[string[], number, RegExp]>([
    [[], 2, /required option '--rows <file>' not specified/],
    [['--rows', 'none.csv'], 1, /none\.csv cannot be read/],
    [['--rows', ROWS], 1, /has 6 columns for the model/],
    [['--rows', ROWS, '--top', '0'], 2, /whole number above 0/],
    [['--rows', ROWS, '--method', 'x'], 2, /Allowed choices are interventional, path_dependent, sampled/],
  ])('rejects %j', async (flags, code, message) => {
    const run = await modelship('explain', FOREST, ...flags);
    expect(run).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
  });
});

describe('the background of a package', () => {
  test('is a file that the digest covers', async () => {
    const manifest = readManifest(FOREST);
    expect(manifest.background).toEqual({ rows: 9 });
    expect(manifest.files.map(({ path }) => path)).toContain('background.json');
    const shown = await modelship('inspect', FOREST);
    expect(shown.stdout).toMatch(/background +9 rows, for explanations/);
    const content = { 'model.onnx': 'not real', 'samples.json': '[]' };
    const other = writePackage({ content, background: { rows: 3 } });
    expect(() => readManifest(other)).toThrow(
      /background: background\.json is not listed in `files`, so no digest covers it/,
    );
  });

  test('names all rows that do not fit', async () => {
    const rows = file(
      'faults.json',
      JSON.stringify({
        instances: [
          [1, 2, 3, 4, 5],
          [1, 2],
          ['x', 1, 2, 3, 4],
        ],
      }),
    );
    const out = join(FOLDER, 'faults');
    const run = await modelship(
      ...['pack', join(REFERENCE, 'forest.onnx'), '--name', 'forest', '--out', out, '--background', rows],
    );
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/rows of the background do not fit the model:\n.*row 2: .*\n.*row 3: /);
    expect(() => readManifest(out)).toThrow(/no model package/);
  });

  test('is for models of one input of numbers', async () => {
    const model = join(ROOT, 'test/fixtures/echo_text.onnx');
    const run = await modelship(
      ...['pack', model, '--name', 'echo', '--out', join(FOLDER, 'echo'), '--background', BACKGROUND],
    );
    expect(run).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/need a model of one input of numbers.*BYTES/),
    });
  });
});
