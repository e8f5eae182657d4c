import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { IRIS, modelship, ROOT, type Served, serve } from './support.js';

// The commands that ask a server, against the real one.
const folder = mkdtempSync(join(tmpdir(), 'modelship-clients-'));
const REQUESTS = join(ROOT, 'examples', 'iris', 'samples', 'requests.json');
const ROW = '{"instances": [[5.1, 3.5, 1.4, 0.2]]}';
let server: Served;

beforeAll(async () => {
  server = await serve(IRIS);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server?.stop();
});

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe('predict', () => {
  test('sends rows to the only model of a server, and prints its answer', async () => {
    const { code, stdout, stderr } = await modelship('predict', server.url, '--data', ROW);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout).predictions).toEqual([
      { label: 0, probabilities: [expect.closeTo(0.997, 1), expect.any(Number), expect.any(Number)] },
    ]);
  });

  test.each(['/v1/models/iris', '/v1/models/iris:predict', '/v2/models/iris/infer', '/'])(
    'takes the model from a URL that ends in %s',
    async (path) => {
      const { stdout } = await modelship('predict', `${server.url}${path}`, '--data', ROW);
      expect(JSON.parse(stdout).predictions).toHaveLength(1);
    },
  );

  test('sends the samples of a package, each with its protocol', async () => {
    const { code, stdout } = await modelship('predict', server.url, '--samples', join(IRIS, 'samples.json'), '--json');
    expect(code).toBe(0);
    const { answers, model, url } = JSON.parse(stdout);
    expect({ model, url }).toEqual({ model: 'iris', url: server.url });
    const samples = JSON.parse(readFileSync(join(IRIS, 'samples.json'), 'utf8'));
    expect(answers.map(({ answer }: { answer: { outputs: { data: number[] }[] } }) => answer.outputs[0]!.data)).toEqual(
      samples.map(({ response }: { response: { outputs: { data: number[] }[] } }) => response.outputs[0]!.data),
    );
    expect(answers[0].milliseconds).toBeGreaterThan(0);
  });

  test('leaves expected answers out of what it sends', async () => {
    const { code, stdout } = await modelship('predict', server.url, '--samples', REQUESTS);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).predictions).toHaveLength(8);
  });

  test.each(['[[5.1, 3.5, 1.4, 0.2]]', '[{"features": [5.1, 3.5, 1.4, 0.2]}]'])(
    'takes rows alone: %s',
    async (data) => {
      const { code, stdout } = await modelship('predict', server.url, '--data', data);
      expect({ code, predictions: JSON.parse(stdout).predictions }).toMatchObject({
        code: 0,
        predictions: [{ label: 0 }],
      });
    },
  );

  test.each<[string, string[], RegExp]>([
    ['a wrong shape', ['--data', '{"instances": [[1, 2]]}'], /answered 400: /],
    ['another model', ['--model', 'tulips', '--data', ROW], /answered 404: /],
    ['no JSON', ['--data', '{instances}'], /the request is not JSON/],
    [
      'neither instances nor inputs',
      ['--data', '{"rows": []}'],
      /a request needs `instances` or `inputs`.*got {"rows": \[\]}/,
    ],
    ['a file that is not there', ['--samples', 'none.json'], /none\.json cannot be read \(ENOENT\)/],
    ['a header without a colon', ['--data', ROW, '--header', 'x'], /write `NAME: VALUE`/],
  ])('fails on %s', async (_, args, message) => {
    const { code, stdout, stderr } = await modelship('predict', server.url, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('asks a package by serving it meanwhile, with the same answer', async () => {
    const { code, stdout, stderr } = await modelship('predict', IRIS, '--data', ROW, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const served = await modelship('predict', server.url, '--data', ROW, '--json');
    const [{ answer }] = JSON.parse(served.stdout).answers;
    expect(JSON.parse(stdout)).toMatchObject({ package: IRIS, model: 'iris', answers: [{ answer }] });
  });

  test('fails on what is no package, and where nobody answers', async () => {
    expect((await modelship('predict', 'models/iris', '--data', ROW)).stderr).toMatch(
      /no model package at \/.*models\/iris: the folder does not exist/,
    );
    const gone = await modelship('predict', 'http://127.0.0.1:9/v1/models/iris', '--data', ROW);
    expect(gone).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/does not respond.*Check that the server runs/),
    });
  });

  test('sends the headers it was given, and says how to add one where they are asked for', async () => {
    const guarded = createServer((request, response) => {
      request.resume();
      response.statusCode = request.headers['x-api-key'] === 'open' ? 200 : 403;
      response.end('{"predictions": [1]}');
    });
    await new Promise<void>((done) => guarded.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(guarded.address() as AddressInfo).port}/stage/v1/models/iris:predict`;
    try {
      expect((await modelship('predict', url, '--data', ROW)).stderr).toMatch(/403.*--api-key KEY, or pass a header/);
      expect((await modelship('predict', url, '--data', ROW, '-H', 'accept: */*', '-H', 'X-API-Key: open')).code).toBe(
        0,
      );
      expect((await modelship('predict', url, '--data', ROW, '--api-key', 'open')).code).toBe(0);
      vi.stubEnv('MODELSHIP_API_KEY', 'open');
      expect((await modelship('predict', url, '--data', ROW)).code).toBe(0);
    } finally {
      vi.unstubAllEnvs();
      guarded.close();
    }
  });
});

describe('evaluate', () => {
  test.each(['package', 'server'])('a %s that answers as expected agrees', async (kind) => {
    const target = kind === 'package' ? IRIS : server.url;
    const { code, stdout } = await modelship('evaluate', target, '--samples', REQUESTS, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      samples: 8,
      agreeing: 8,
      differences: [],
      metrics: [
        { output: 'label', elements: 8, accuracy: 1 },
        { output: 'probabilities', elements: 24, top1: 1, maxError: expect.closeTo(0, 5) },
      ],
    });
  });

  test('the golden samples of a package are what it takes without --samples', async () => {
    const { code, stdout } = await modelship('evaluate', IRIS);
    expect(code).toBe(0);
    expect(stdout).toContain('8 of 8 samples agree within 0.00001 + 0.0001 × |expected|');
    expect(stdout).toMatch(/label +elements 8, accuracy 1/);
  });

  test('what differs is shown, and fails unless fewer need to agree', async () => {
    const rows = [
      [5.1, 3.5, 1.4, 0.2],
      [6.7, 3.0, 5.2, 2.3],
    ];
    const data = file('differs.json', { instances: rows, predictions: [{ label: 0 }, { label: 1 }] });
    const strict = await modelship('evaluate', IRIS, '--samples', data);
    expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining('1 of 2 samples agree') });
    expect(strict.stdout).toMatch(/row 2: .*label/);
    expect(strict.stdout).toMatch(/accuracy 0\.5/);
    expect((await modelship('evaluate', IRIS, '--samples', data, '--min-agreement', '0.5')).code).toBe(0);
  });

  test.each<[string, () => string[], RegExp]>([
    [
      'requests that expect nothing',
      () => [IRIS, '--samples', file('bare.json', { instances: [[1, 2, 3, 4]] })],
      /no request has an expected answer/,
    ],
    ['a server without samples', () => [server.url], /give a file with --samples/],
    [
      'a file for a package',
      () => [join(IRIS, 'model.onnx'), '--samples', REQUESTS],
      /model\.onnx is a saved model, not a model package\. Make a package with `modelship pack .*model\.onnx --name NAME`/,
    ],
    ['a folder that is no package', () => [folder, '--samples', REQUESTS], /no model package at/],
  ])('fails on %s', async (_, args, message) => {
    expect(await modelship('evaluate', ...args())).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
  });

  test.each(['2', '-1', 'all', ''])('refuses --min-agreement %j', async (value) => {
    const { code, stderr } = await modelship('evaluate', IRIS, `--min-agreement=${value}`);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('from 0 to 1') });
  });
});

describe('bench', () => {
  test.each([
    ['json', []],
    ['binary', ['--binary']],
  ])('measures a server by its samples in %s', async (encoding, flags) => {
    const args = [...flags, '--samples', REQUESTS, '--connections', '2', '--seconds', '0.2', '--json'];
    const { code, stdout } = await modelship('bench', server.url, ...args);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ connections: 2, encoding, failures: {} });
    expect(report.requests).toBeGreaterThan(0);
    const { p50, p95, p99, max } = report.latency;
    expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((left, right) => left - right));
  });

  test.each([
    ['--connections', '0'],
    ['--connections', '1.5'],
    ['--seconds', '0'],
    ['--seconds', 'long'],
  ])('refuses %s %s', async (option, value) => {
    expect((await modelship('bench', server.url, '--samples', REQUESTS, option, value)).code).toBe(2);
  });

  test('asks for samples where there are none', async () => {
    expect((await modelship('bench', server.url)).stderr).toMatch(/give a file with --samples/);
  });
});

describe('requests', () => {
  test.each(['predict', 'evaluate', 'bench'])(
    '%s takes them inline with -d and from a file with -s',
    async (command) => {
      const data = '{"instances": [[5.1, 3.5, 1.4, 0.2]], "predictions": [{"label": 0}]}';
      const flags = command === 'bench' ? ['-c', '1', '-t', '0.1'] : [];
      expect(await modelship(command, server.url, '-d', data, ...flags)).toMatchObject({ code: 0 });
      const path = file('inline.json', JSON.parse(data));
      expect(await modelship(command, server.url, '-s', path, ...flags)).toMatchObject({ code: 0 });
      const { code, stderr } = await modelship(command, server.url, '-d', path, ...flags);
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`Read it with --samples ${path}`),
      });
    },
  );
});

describe('a package behind a URL', () => {
  test('gives its samples and its tolerance', async () => {
    const { code, stdout } = await modelship('evaluate', server.url, '--package', IRIS, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ agreeing: 8, tolerance: { absolute: 1e-5, relative: 1e-4 } });
    expect((await modelship('bench', server.url, '--package', IRIS, '-c', '1', '-t', '0.1')).code).toBe(0);
  });
});
