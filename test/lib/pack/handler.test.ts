import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest, verifyFiles } from '@modelship/runtime/manifest';
import { type RunningServer, readConfig, startServer } from '@modelship/runtime/serve';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type PackOptions, packModel } from '../../../lib/pack/index.js';
import { shareOf } from '../../support/share.js';

const root = join(__dirname, '..', '..', '..');
const python = join(root, '.venv', 'bin', 'python');
const iris = join(root, 'examples', 'iris', 'model.onnx');
const folder = mkdtempSync(join(tmpdir(), 'modelship-handler-'));
const mark = join(folder, 'ran');

beforeAll(() => void vi.stubEnv('MODELSHIP_PYTHON', python));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const STEPS = `import json
import os
import sys
import time

import numpy as np

from names import NAMES


class Steps:
    def preprocess(self, request):
        if request.content_type == "text/csv":
            return np.array([request.body.decode().split(",")], np.float32)
        flower = json.loads(request.body)
        if flower.get("do") == "hang":
            time.sleep(60)
        if flower.get("do") == "die":
            os._exit(3)
        self.answer = flower.get("answer")
        if flower.get("do") == "fail":
            raise RuntimeError("a detail of the server")
        return {"features": [flower["sizes"]]}

    def postprocess(self, outputs, request):
        if getattr(self, "answer", None):
            return eval(self.answer)
        scores = outputs["probabilities"][0]
        if request.headers.get("Accept") == "text/plain":
            return NAMES[int(scores.argmax())]
        if request.headers.get("accept") == "image/x-none":
            return b"\\x00\\xff", "image/x-none", 203
        secrets = [os.environ.get("SECRET_OF_SERVER"), request.headers.get("x-api-key")]
        return {"name": NAMES[int(scores.argmax())], "score": scores.max(), "secrets": secrets}
`;

let number = 0;

/** Writes a module with steps and a helper that it imports, and packs them around the model of iris. */
async function pack(text: string, options: Partial<PackOptions> = {}, entry = '') {
  const source = join(folder, `source-${number++}`);
  mkdirSync(source);
  writeFileSync(join(source, 'steps.py'), text);
  writeFileSync(join(source, 'names.py'), 'NAMES = ["setosa", "versicolor", "virginica"]\n');
  const out = join(folder, `package-${number}`);
  const handler = `${join(source, 'steps.py')}${entry}`;
  const manifest = await packModel({
    source: iris,
    name: 'iris',
    out,
    handler,
    code: source,
    trustCode: true,
    ...options,
  });
  return { out, manifest };
}

const body = (value: unknown) => JSON.stringify(value);
const SETOSA = { sizes: [5.1, 3.5, 1.4, 0.2] };

function samplesOf(value: unknown): string {
  const path = join(folder, `samples-${number}.json`);
  writeFileSync(path, JSON.stringify({ instances: [value] }));
  return path;
}

describe('a handler around a model', () => {
  let server: RunningServer;
  let url: string;

  beforeAll(async () => {
    const { out, manifest } = await pack(STEPS, { samples: samplesOf(body(SETOSA)) }, ':Steps');
    expect(manifest).toMatchObject({
      format: 'handler',
      artifact: 'handler',
      handler: { kind: 'modelship', module: 'steps', entry: 'Steps', model: { path: 'model.onnx', format: 'onnx' } },
      inputs: [{ name: 'body', datatype: 'BYTES', shape: [-1] }],
      samples: { count: 1 },
    });
    expect(Object.keys(manifest.signatures!).sort()).toEqual(['request', 'tensors']);
    expect(manifest.requirements).toEqual([expect.stringMatching(/^numpy==/), expect.stringMatching(/^onnxruntime==/)]);
    expect(manifest.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['handler/names.py', 'handler/steps.py', 'model.onnx']),
    );
    vi.stubEnv('SECRET_OF_SERVER', 'hidden');
    const config = readConfig({
      MODELSHIP_MODEL: out,
      MODELSHIP_PYTHON: python,
      MODELSHIP_TRUST_CODE: 'true',
      MODELSHIP_TIMEOUT_SECONDS: '2',
      MODELSHIP_LOG_LEVEL: 'error',
      MODELSHIP_PORT: '0',
    });
    server = await startServer(config, '127.0.0.1', {});
    url = `http://127.0.0.1:${server.port}`;
  }, 240_000);
  afterAll(() => server?.close());

  const post = (path: string, content: string, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      body: content,
      headers: { 'content-type': 'application/json', ...headers },
    });

  test.each(['/predictions/iris', '/invocations'])('%s gets its requests and sends its responses', async (path) => {
    const asJson = await post(path, body(SETOSA), { 'x-api-key': 'of the caller' });
    expect(asJson.headers.get('content-type')).toBe('application/json');
    expect(await asJson.json()).toEqual({ name: 'setosa', score: expect.closeTo(0.98, 1), secrets: [null, null] });
    const asText = await post(path, '6.7,3.0,5.2,2.3', {
      'content-type': 'text/csv; charset=utf-8',
      accept: 'text/plain',
    });
    expect([await asText.text(), asText.headers.get('content-type')]).toEqual([
      'virginica',
      'text/plain; charset=utf-8',
    ]);
    const asBytes = await post(path, body(SETOSA), { accept: 'image/x-none' });
    expect(asBytes.status).toBe(203);
    expect(Buffer.from(await asBytes.arrayBuffer())).toEqual(Buffer.from([0, 255]));
  });

  test('other protocols send bodies as texts, and reach the model itself by its signature', async () => {
    const inputs = [
      { name: 'body', datatype: 'BYTES', shape: [2], data: [body(SETOSA), body({ sizes: [6.7, 3, 5.2, 2.3] })] },
    ];
    const both = (await (await post('/v2/models/iris/infer', body({ inputs }))).json()) as {
      outputs: { data: string[] }[];
    };
    expect(both.outputs[0]!.data.map((each) => JSON.parse(each).name)).toEqual(['setosa', 'virginica']);
    const tensors = await post(
      '/v1/models/iris:predict',
      body({ signature_name: 'tensors', instances: [SETOSA.sizes] }),
    );
    expect(
      ((await tensors.json()) as { predictions: { probabilities: number[] }[] }).predictions[0]!.probabilities[0],
    ).toBeCloseTo(0.98, 1);
  });

  test.each([
    [
      'a status that Node cannot send',
      `"", None, 99`,
      /the handler set the status 99, which must be .* from 200 to 999/,
    ],
    ['a status that is not final', `"", None, 101`, /the handler set the status 101, which/],
    ['a status that is not a number', `"", None, "no"`, /the handler set the status \\"no\\", which/],
    ['a status that is not JSON', `"", None, float("nan")`, /the model failed; the log has the details of error/],
    ['a header field that is not JSON', `"", b"text/plain"`, /the model failed; the log has the details of error/],
    ['a header field that is an object', `"", {"a": 1}`, /the handler set a header field that cannot be sent/],
    ['a header field of two lines', `"", "a\\r\\nb: c"`, /the handler set a header field that cannot be sent/],
  ])('%s is a failure of the handler', async (_, answer, message) => {
    const refused = await post('/predictions/iris', body({ ...SETOSA, answer }));
    expect({ status: refused.status, body: await refused.text() }).toEqual({
      status: 500,
      body: expect.stringMatching(message),
    });
  });

  test.each([
    ['JSON that is invalid', '{', 400],
    ['a missing field', '{}', 400],
    ['a failure', body({ do: 'fail' }), 500],
    ['a run that hangs', body({ do: 'hang' }), 504],
    ['a process that dies', body({ do: 'die' }), 503],
  ])('%s fails only its own request, without details', { timeout: 120_000 }, async (_, content, status) => {
    const refused = await post('/predictions/iris', content);
    expect(refused.status).toBe(status);
    expect(await refused.text()).not.toContain('a detail of the server');
    await vi.waitUntil(async () => (await post('/predictions/iris', body(SETOSA))).ok, {
      timeout: 30_000,
      interval: 200,
    });
  });
});

const RUNS = `open(${JSON.stringify(mark)}, "w").close()\n`;

describe('trust', () => {
  afterEach(() => rmSync(mark, { force: true }));

  test('without it nothing runs, neither when the model is packed nor when it is loaded', {
    timeout: 120_000,
  }, async () => {
    await expect(pack(RUNS + STEPS, { trustCode: false }, ':Steps')).rejects.toMatchObject({
      code: 'FORMAT_UNTRUSTED',
      message: expect.stringMatching(/steps\.py has code that runs .* add `--trust-code`/),
    });
    await expect(pack(RUNS + STEPS, { trustCode: false, trustPickle: true }, ':Steps')).rejects.toMatchObject({
      code: 'FORMAT_UNTRUSTED',
    });
    expect(existsSync(mark)).toBe(false);
    const { out } = await pack(RUNS + STEPS, {}, ':Steps');
    expect(existsSync(mark)).toBe(true);
    rmSync(mark);
    const config = readConfig({
      MODELSHIP_MODEL: out,
      MODELSHIP_PYTHON: python,
      MODELSHIP_TRUST_PICKLE: 'true',
      MODELSHIP_LOG_LEVEL: 'error',
      MODELSHIP_PORT: '0',
    });
    await expect(startServer(config, '127.0.0.1', {})).rejects.toMatchObject({
      code: 'FORMAT_UNTRUSTED',
      message: expect.stringContaining('set MODELSHIP_TRUST_CODE to true'),
    });
    expect(existsSync(mark)).toBe(false);
    writeFileSync(join(out, 'handler', 'more.py'), '');
    await expect(verifyFiles(out, readManifest(out))).rejects.toMatchObject({ code: 'FILE_UNLISTED' });
  });
});

const HANDLES = 'def preprocess(request): pass\n\n\ndef postprocess(outputs, request): pass\n';

const REFUSED: readonly [
  what: string,
  text: string,
  entry: string,
  code: string,
  message: RegExp,
  options?: Partial<PackOptions>,
][] = [
  [
    'a class that is missing',
    STEPS,
    ':Other',
    'ARTIFACT_INVALID',
    /the module steps has no class Other; its classes are Steps/,
  ],
  ['no functions', 'x = 1\n', '', 'ARTIFACT_INVALID', /the module steps has no preprocess and no postprocess/],
  [
    'a package that is missing',
    'import absent_package\n',
    '',
    'ARTIFACT_INVALID',
    /No module named 'absent_package'\. Install it by/,
  ],
  ['code that fails', 'raise OSError("no disk")\n', '', 'ARTIFACT_INVALID', /OSError: no disk/],
  [
    'files that it writes beside itself',
    `open("cache.bin", "w").write("x")\n${HANDLES}`,
    '',
    'CODE_INVALID',
    /the handler of .* changed handler\/cache\.bin in its package/,
  ],
  ['labels', HANDLES, '', 'FORMAT_UNSUPPORTED', /`--labels` cannot be used with a handler/, { labels: ['a'] }],
  ['a name that is no module', HANDLES, '', 'CODE_INVALID', /must be a Python module/, { handler: 'my-steps.py' }],
  ['a file that is missing', HANDLES, '', 'FILE_MISSING', /there is no file .*absent\.py/, { handler: 'absent.py' }],
];

test.each(shareOf(REFUSED, 3, 'handlers'))(
  'a handler with %s is refused',
  { timeout: 120_000 },
  async (_, text, entry, code, message, options) => {
    await expect(pack(text, options, entry)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(existsSync(join(folder, `package-${number}`))).toBe(false);
  },
);

test('it gets the fields of forms, and its manifest cannot be changed', { timeout: 120_000 }, async () => {
  const { out } = await pack(
    'def preprocess(request):\n    return {"features": [[float(request.fields["a"])] * 4]}\n\n\n' +
      'def postprocess(outputs, request):\n    return sorted(request.fields)\n',
  );
  const config = readConfig({
    MODELSHIP_MODEL: out,
    MODELSHIP_PYTHON: python,
    MODELSHIP_TRUST_CODE: 'true',
    MODELSHIP_LOG_LEVEL: 'error',
    MODELSHIP_PORT: '0',
  });
  const server = await startServer(config, '127.0.0.1', {});
  const form = new FormData();
  form.set('a', '1');
  form.set('file', new Blob(['x']), 'x.bin');
  try {
    const route = `http://127.0.0.1:${server.port}/predictions/iris`;
    expect(await (await fetch(route, { method: 'POST', body: form })).json()).toEqual(['a', 'file']);
    const encoded = await fetch(route, { method: 'POST', body: new URLSearchParams({ a: '3' }) });
    expect(await encoded.json()).toEqual(['a']);
  } finally {
    await server.close();
  }
  const path = join(out, 'model.json');
  const text = readFileSync(path, 'utf8').replace('"module": "steps"', '"module": "names"');
  writeFileSync(path, text);
  expect(() => readManifest(out)).toThrow(/was changed after packing/);
});
