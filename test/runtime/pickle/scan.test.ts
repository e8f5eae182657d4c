import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGunzip, createInflate, deflateSync } from 'node:zlib';
import { detectFormat, type ModelFormat } from '@modelship/runtime/manifest';
import { checkPickles, describeUnknown, engineFor, scanPickles } from '@modelship/runtime/serve';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ByteStream } from '../../../runtime/src/pickle/byte-stream.js';
import { KNOWN_IMPORTS } from '../../../runtime/src/pickle/known-imports.js';
import { nameOf, readPickle } from '../../../runtime/src/pickle/machine.js';
import type { Import } from '../../../runtime/src/pickle/values.js';
import { ALL } from '../../support/share.js';

const python = join(__dirname, '..', '..', '..', '.venv', 'bin', 'python');
const folder = mkdtempSync(join(tmpdir(), 'modelship-pickles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => join(folder, name);

function decompressed(name: string) {
  const content = createReadStream(file(name));
  if (name === 'zlib.joblib') return content.pipe(createInflate());
  return name === 'gzip.joblib' ? content.pipe(createGunzip()) : content;
}

function run(script: string, input?: string): unknown {
  const output = execFileSync(python, ['-W', 'ignore', join(__dirname, script), folder], { input, stdio: 'pipe' });
  return JSON.parse(output.toString());
}

describe('models of frameworks', () => {
  let formats: Record<string, ModelFormat> = {};
  let imports: Record<string, readonly string[]> = {};
  beforeAll(() => {
    ({ formats, imports } = run('save_harmless.py') as { formats: typeof formats; imports: typeof imports });
  }, 300_000);

  test('import what Python imports when it loads them', async () => {
    expect(Object.keys(imports).length).toBeGreaterThanOrEqual(30);
    for (const [name, expected] of Object.entries(imports)) {
      const found = new Set<string>();
      const listener = { onImport: (each: Import) => found.add(nameOf(each)), onCall: () => {}, onHostile: () => {} };
      await readPickle(new ByteStream(decompressed(name)), listener, { hasArrays: true });
      expect({ name, imports: [...found].sort() }).toEqual({ name, imports: expected });
    }
  });

  test('import only what is known of their frameworks, and do nothing hostile', async () => {
    expect(Object.keys(formats).length).toBeGreaterThanOrEqual(30);
    for (const [name, format] of Object.entries(formats)) {
      expect({ name, ...(await scanPickles(file(name), format)) }).toEqual({
        name,
        unknown: [],
        hostile: [],
        damaged: [],
      });
      // The older text protocols are read, but no model is packed from them.
      if (!/^protocol-[01]/.test(name)) expect({ name, format: detectFormat(file(name)) }).toEqual({ name, format });
    }
  });

  test.each(['protocol-5.pkl', 'plain.joblib', 'object-classes.joblib', 'zlib.joblib', 'network.pkl'])(
    '%s is damaged if it is cut off anywhere',
    async (name) => {
      const bytes = readFileSync(file(name));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 2, max: bytes.length - 10 }), async (length) => {
          writeFileSync(file('cut'), bytes.subarray(0, length));
          expect((await scanPickles(file('cut'), 'pickle')).damaged).toHaveLength(1);
        }),
        { numRuns: 30 },
      );
    },
  );

  test.each([
    ['protocol-4.pkl', 'pickle'],
    ['forest.joblib', 'pickle'],
    ['network.pt', 'torch_pickle'],
    ['network-old.pt', 'torch_pickle'],
    ['program.pt2', 'exported_program'],
  ] as const)('%s with changed bytes gives findings, never an error', async (name, format) => {
    const bytes = readFileSync(file(name));
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(changes, async (pairs) => {
        const changed = Buffer.from(bytes);
        for (const [at, byte] of pairs) changed[at] = byte;
        writeFileSync(file('changed'), changed);
        expect(await scanPickles(file('changed'), format)).toHaveProperty('hostile');
      }),
      { numRuns: 50 },
    );
  });
});

describe('hostile files', () => {
  let expected: Record<string, readonly [ModelFormat, string]> = {};
  beforeAll(() => {
    expected = run('save_hostile.py') as typeof expected;
  }, 60_000);

  test('are named with what they do', async () => {
    expect(Object.keys(expected).length).toBeGreaterThanOrEqual(30);
    for (const [name, [format, detail]] of Object.entries(expected)) {
      const { hostile, damaged } = await scanPickles(file(name), format);
      const found = [...hostile, ...damaged].map((each) => `${each.file} ${each.detail}`);
      expect(found.join('\n'), name).toContain(detail);
      expect(found.every((each) => each.startsWith(name))).toBe(true);
      const code = hostile.length > 0 ? 'PICKLE_HOSTILE' : 'ARTIFACT_INVALID';
      await expect(checkPickles(file(name), format), name).rejects.toMatchObject({ code });
    }
  });

  test('are not loaded, even with trust', async () => {
    const load = engineFor('pickle').load({ path: file('stack-global.pkl'), format: 'pickle' }, { trustPickle: true });
    await expect(load).rejects.toMatchObject({
      code: 'PICKLE_HOSTILE',
      message: expect.stringContaining('stack-global.pkl imports os.system, which no saved model needs'),
    });
  });
});

test('a large file lets other callers run while it is read', async () => {
  writeFileSync(
    file('large.pkl'),
    Buffer.concat([Buffer.from('B\0\0\x80\0', 'latin1'), Buffer.alloc(2 ** 23), Buffer.from('.')]),
  );
  let turns = 0;
  const count = () => {
    turns++;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  expect((await scanPickles(file('large.pkl'), 'pickle')).damaged).toEqual([]);
  clearImmediate(immediate);
  expect(turns).toBeGreaterThanOrEqual(8);
});

test.each([
  ['values', '}'],
  ['groups', '('],
])('a small file that expands to too many %s is damaged', async (what, opcode) => {
  writeFileSync(file('expanding.pkl'), deflateSync(Buffer.alloc(2 ** 24, opcode)));
  const { damaged } = await scanPickles(file('expanding.pkl'), 'pickle');
  expect(damaged).toMatchObject([{ detail: expect.stringContaining(`has more ${what} at once than picklers write`) }]);
});

test('imports of other modules are named once with their file', async () => {
  const content = 'cfeatures\nScaler\n0cfeatures\nScaler\n0c__main__\nClean\n.';
  writeFileSync(file('own.pkl'), content);
  const scan = await checkPickles(file('own.pkl'), 'pickle');
  expect(scan.unknown).toEqual([
    { file: 'own.pkl', detail: 'features.Scaler' },
    { file: 'own.pkl', detail: '__main__.Clean' },
  ]);
  expect(describeUnknown(scan)).toBe('features.Scaler (own.pkl); __main__.Clean (own.pkl), which may run any code');
});

// Imports every module of the frameworks.
test.runIf(ALL)('the rules allow only classes and functions that make data', { timeout: 300_000 }, () => {
  const rules = KNOWN_IMPORTS.map(({ modules, names }) => [
    modules.source,
    names instanceof RegExp ? names.source : `^(${names.join('|')})$`,
  ]);
  expect(run('check_known_imports.py', JSON.stringify(rules))).toMatchObject({ others: [] });
});
