import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, readConfig, startServer } from '@modelship/runtime/serve';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { PackOptions } from '../../../../lib/pack/index.js';
import { ALL, shareOf } from '../../../support/share.js';
import { toolPython } from '../../../support/tool-python.js';
import { ARTEFACTS, answersOf, expectClose, PYTHON, pack } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-torchserve-handlers-'));
const archives = ALL ? join(folder, 'archives') : join(ARTEFACTS, 'torchserve');
const mark = join(folder, 'ran');
// Handlers that are derived from TorchServe's classes need its package, which only `npm run test:all` installs.
const python = ALL ? toolPython('torchserve') : PYTHON;

beforeAll(() => {
  vi.stubEnv('MODELSHIP_PYTHON', python);
  if (ALL) execFileSync(python, [join(__dirname, 'save_handlers.py'), archives], { stdio: 'pipe' });
}, 1_200_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

interface Exchange {
  readonly request: { readonly headers: Record<string, string>; readonly body: string };
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly body: string };
}

async function serve(packed: string): Promise<RunningServer & { readonly url: string }> {
  const config = readConfig({
    MODELSHIP_MODEL: packed,
    MODELSHIP_PYTHON: python,
    MODELSHIP_LOG_LEVEL: 'error',
    MODELSHIP_TRUST_CODE: 'true',
    MODELSHIP_BATCH_WINDOW_MILLISECONDS: '50',
    MODELSHIP_PORT: '0',
  });
  const server = await startServer(config, '127.0.0.1', {});
  return { ...server, url: `http://127.0.0.1:${server.port}/predictions/model/1.0` };
}

/** Sends a request as it was sent to TorchServe, and expects the same status, header fields and body. */
async function expectSame(url: string, { request, response }: Exchange): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: request.headers,
    body: Buffer.from(request.body, 'base64'),
  });
  const own = ['content-type', 'x-own'].flatMap((name) =>
    answer.headers.has(name) ? [[name, answer.headers.get(name)]] : [],
  );
  expect({ status: answer.status, headers: Object.fromEntries(own) }).toEqual({
    status: response.status,
    headers: response.headers,
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const wanted = Buffer.from(response.body, 'base64');
  if (bytes.equals(wanted)) return;
  // Numbers may differ in the last digit, and the layout may not.
  const layout = (text: Buffer) => text.toString().replaceAll(/[\d.e-]+/g, '0');
  expect(layout(bytes)).toBe(layout(wanted));
  expectClose(JSON.parse(bytes.toString()), JSON.parse(wanted.toString()));
}

/** Handlers that are or use TorchServe's own, with their modules. */
const OF_TORCHSERVE: Readonly<Record<string, string>> = {
  derived: 'derived',
  words: 'ts.torch_handler.text_classifier',
  boxes: 'ts.torch_handler.object_detector',
};

const NAMES = ['steps', 'entry', ...(ALL ? Object.keys(OF_TORCHSERVE) : [])];

test.each(NAMES)(
  '%s: the handler responds as in TorchServe, also to requests together',
  { timeout: 240_000 },
  async (name) => {
    const packed = await pack(join(archives, `${name}.mar`), { trustCode: true });
    const maxRequests = name === 'steps' ? 4 : undefined;
    expect(packed.manifest).toMatchObject({
      format: 'handler',
      origin: 'torchserve',
      version: '1',
      handler: {
        kind: 'torchserve',
        module: OF_TORCHSERVE[name] ?? name,
        ...(name === 'entry' && { entry: 'respond' }),
        ...(maxRequests && { maxRequests }),
      },
      requirements: expect.arrayContaining([
        expect.stringMatching(/^torch==/),
        ...(name in OF_TORCHSERVE ? ['torchserve==0.12.0'] : []),
      ]),
    });
    expect(packed.notes).toEqual(
      name === 'steps'
        ? [
            expect.stringMatching(/^torch: the model was saved with version 1\.13\.1 and is loaded with /),
            'no-such-package: requirements.txt lists it, and it is not installed',
            'config.yaml, maxWorkers: set MODELSHIP_WORKERS=1 for the server',
            'config.yaml, maxBatchDelay: set MODELSHIP_BATCH_WINDOW_MILLISECONDS=50 for the server',
            'config.yaml, responseTimeout: set MODELSHIP_TIMEOUT_SECONDS=30 for the server',
          ]
        : [],
    );
    const server = await serve(packed.folder);
    const answers = answersOf(join(archives, name)) as unknown as readonly Exchange[];
    try {
      for (const answer of answers) await expectSame(server.url, answer);
      // A request that fails does not fail those beside it. The handler responds to all alike if one asks for these.
      const apart = answers.filter(({ request }) => !/^(keys|bytes|type)$/.test(request.headers['X-Kind'] ?? ''));
      await Promise.all([...apart, ...apart].map((answer) => expectSame(server.url, answer)));
    } finally {
      await server.close();
      packed.remove();
    }
  },
);

test('nothing of an archive runs without trust', async () => {
  const copy = changed({ 'steps.py': `open(${JSON.stringify(mark)}, "w").close()\n` });
  await expect(pack(copy, { trustPickle: true })).rejects.toMatchObject({
    code: 'FORMAT_UNTRUSTED',
    message: expect.stringMatching(/has code that runs when .* add `--trust-code`/),
  });
  expect(existsSync(mark)).toBe(false);
});

/** Returns a folder with the content of an archive and other files. */
function changed(files: Readonly<Record<string, string>>): string {
  const copy = mkdtempSync(join(folder, 'changed-'));
  execFileSync('python3', ['-m', 'zipfile', '-e', join(archives, 'steps.mar'), copy]);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(copy, name), content);
  return copy;
}

const REFUSED: readonly [
  what: string,
  files: Readonly<Record<string, string>>,
  code: string,
  message: RegExp,
  options?: Partial<PackOptions>,
][] = [
  [
    'without a class',
    { 'steps.py': 'x = 1\n' },
    'ARTIFACT_INVALID',
    /the module steps must define the function `handle`, or one class .* defines no class/,
  ],
  ['with two classes', { 'steps.py': 'class A: pass\nclass B: pass\n' }, 'ARTIFACT_INVALID', /and defines A, B/],
  [
    'with TorchServe missing',
    { 'steps.py': 'import ts_of_nobody\n' },
    'ARTIFACT_INVALID',
    /No module named 'ts_of_nobody'/,
  ],
  [
    'with a batch of no requests',
    { 'config.yaml': 'batchSize: 0\n' },
    'ARTIFACT_INVALID',
    /batchSize .* must be a whole number from 1, got 0/,
  ],
];

test.each(shareOf(REFUSED, 2, 'handlers of TorchServe'))(
  'a handler %s is refused',
  { timeout: 120_000 },
  async (_, files, code, message) => {
    await expect(pack(changed(files), { trustCode: true })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  },
);
