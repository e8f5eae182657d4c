import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyFiles } from '@modelship/runtime/manifest';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ALL } from '../../../support/share.js';
import { toolPython } from '../../../support/tool-python.js';
import { exchangesOf, expectClose, PYTHON, pack, send, serveCode } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-mlflow-code-'));
const models = join(folder, 'models');
const mark = join(folder, 'ran');

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Names of saved models, with the packages that they need besides MLflow. */
const MODELS = { rules: /^mlflow==/, wrapped: /^pandas==/, from_code: /^mlflow==/, scores: /^scikit-learn==/ };

// Models of this kind need MLflow itself, which only `npm run test:all` installs.
describe.runIf(ALL)('models that MLflow loads by code', () => {
  beforeAll(() => {
    const python = toolPython('mlflow');
    // Messages of MLflow list a set, whose order depends on the seed.
    vi.stubEnv('PYTHONHASHSEED', '0');
    execFileSync(python, [join(__dirname, 'save_pyfunc.py'), models], { stdio: 'pipe', cwd: folder });
    vi.stubEnv('MODELSHIP_PYTHON', python);
  }, 1_200_000);

  test.each(Object.entries(MODELS))(
    '%s responds as the server of MLflow does',
    {
      timeout: 240_000,
    },
    async (name, needed) => {
      const packed = await pack(join(models, name), { trustCode: true });
      expect(packed.manifest).toMatchObject({
        format: 'handler',
        origin: 'mlflow',
        handler: { kind: 'mlflow', module: 'mlflow.pyfunc' },
        requirements: expect.arrayContaining([
          expect.stringMatching(/^mlflow==3\.17\.2$/),
          expect.stringMatching(needed),
        ]),
      });
      expect(packed.notes).toEqual(
        name === 'wrapped'
          ? [
              'serving_input_example.json: the input example is not sent to the code; use `--samples` for golden samples',
            ]
          : [],
      );
      const server = await serveCode(packed.folder);
      try {
        for (const { request, response } of exchangesOf(join(models, name))) {
          const answer = await send(`${server.url}/invocations`, request);
          const content = Buffer.from(response.body, 'base64').toString();
          const got = { status: answer.status, type: answer.headers.get('content-type') };
          expect(got, content).toEqual({ status: response.status, type: response.headers['content-type'] });
          if (got.type !== 'application/json') {
            expect(await answer.text()).toBe(content);
            continue;
          }
          const { stack_trace: trace, ...wanted } = JSON.parse(content);
          const { stack_trace: log, ...own } = (await answer.json()) as Record<string, unknown>;
          expectClose(own, wanted);
          // MLflow sends the trace of the code to callers.
          expect(log).toEqual(trace && expect.stringMatching(/^the log has the details of error \w{16}$/));
        }
        // MLflow would store the traces of functions beside the model, where no digest covers them.
        await verifyFiles(packed.folder, packed.manifest);
      } finally {
        await server.close();
        packed.remove();
      }
    },
  );
});

/** Writes a model that is code. */
function model(flavor: Readonly<Record<string, string>>, code = ''): string {
  const root = mkdtempSync(join(folder, 'model-'));
  const settings = { loader_module: 'loader', code: 'code', ...flavor };
  const lines = Object.entries(settings).map(([name, value]) => `    ${name}: ${value}\n`);
  writeFileSync(join(root, 'MLmodel'), `flavors:\n  python_function:\n${lines.join('')}`);
  mkdirSync(join(root, 'code'));
  writeFileSync(join(root, 'code', 'loader.py'), code);
  return root;
}

test.each<[string, () => string, object, string, RegExp]>([
  [
    'without trust',
    () => model({}, `open(${JSON.stringify(mark)}, "w").close()\n`),
    { trustPickle: true },
    'FORMAT_UNTRUSTED',
    /has code that runs when .* add `--trust-code`/,
  ],
  [
    'whose data is missing',
    () => model({ data: 'absent' }),
    { trustCode: true },
    'FILE_MISSING',
    /MLmodel \(python_function\.data\) names absent, and .* is missing/,
  ],
  [
    'whose pickle is elsewhere',
    () => model({ python_model: '../../../secret' }),
    { trustCode: true },
    'FILE_MISSING',
    /MLmodel \(python_function\.python_model\) names \.\.\/\.\.\/\.\.\/secret/,
  ],
  [
    'whose code is missing',
    () => model({ model_code_path: '/home/of/another/model.py' }),
    { trustCode: true },
    'FILE_MISSING',
    /MLmodel \(python_function\.model_code_path\) names model\.py, and .* is missing/,
  ],
  [
    'without MLflow',
    () => model({}),
    { trustCode: true },
    'ARTIFACT_INVALID',
    /No module named 'mlflow'\. Install it by/,
  ],
])('a model %s is refused, and nothing of it runs', { timeout: 120_000 }, async (_, source, options, code, message) => {
  vi.stubEnv('MODELSHIP_PYTHON', PYTHON);
  await expect(pack(source(), options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(existsSync(mark)).toBe(false);
});
