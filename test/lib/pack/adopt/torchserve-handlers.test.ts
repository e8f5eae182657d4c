import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningServer } from '@modelship/runtime/serve';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { PackOptions } from '../../../../lib/pack/index.js';
import { ALL, shareOf } from '../../../support/share.js';
import { toolPython } from '../../../support/tool-python.js';
import { ARTEFACTS, exchangesOf, expectSame, PYTHON, pack, serveCode } from './support.js';

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

/** Serves a package whose handlers get requests together. */
async function serve(packed: string): Promise<RunningServer & { readonly url: string }> {
  const server = await serveCode(packed, { MODELSHIP_BATCH_WINDOW_MILLISECONDS: '50' });
  return { ...server, url: `${server.url}/predictions/model/1.0` };
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
    const answers = exchangesOf(join(archives, name));
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

test('an answer that cannot be encoded is a failure of the handler', { timeout: 120_000 }, async () => {
  const steps = 'rows = []\nrows.append(rows)\n\n\ndef handle(requests, context):\n    return requests and [rows]\n';
  const packed = await pack(changed({ 'steps.py': steps }), { trustCode: true });
  const server = await serve(packed.folder);
  try {
    const answer = await fetch(server.url, { method: 'POST', body: '1' });
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 503,
      body: expect.objectContaining({ message: 'Unsupported model output data type.' }),
    });
  } finally {
    await server.close();
    packed.remove();
  }
});

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
