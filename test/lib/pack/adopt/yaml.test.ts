import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readYaml } from '../../../../lib/pack/adopt/yaml.js';
import { PYTHON } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'modelship-yaml-test-'));

beforeAll(() => vi.stubEnv('MODELSHIP_PYTHON', PYTHON));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function read(text: string): Promise<unknown> {
  const path = join(folder, 'MLmodel');
  writeFileSync(path, text);
  return readYaml(path);
}

/** Twenty levels, each of ten aliases of the one before. */
function bomb(first: string, level: (aliases: string) => string): string {
  const levels = Array.from(
    { length: 20 },
    (_, number) => `a${number + 1}: &a${number + 1} ${level(`*a${number}, `.repeat(10))}`,
  );
  return [`a0: &a0 ${first}`, ...levels].join('\n');
}

test('dates and numbers that JSON lacks are texts', { timeout: 60_000 }, async () => {
  expect(
    await read(
      'day: 2024-01-01\nat: 2024-01-01 10:00:00\n2024-02-02: x\nscores: [.nan, -.inf, 1.5, 2]\nsame: [&a [1], *a]',
    ),
  ).toEqual({
    day: '2024-01-01',
    at: '2024-01-01 10:00:00',
    '2024-02-02': 'x',
    scores: ['.nan', '-.inf', 1.5, 2],
    same: [[1], [1]],
  });
  expect(await read('')).toBeNull();
});

test.each([
  ['a file with aliases of lists', bomb('[1]', (aliases) => `[${aliases}]`)],
  ['a file with merged mappings', bomb('{k: 1}', (aliases) => `{<<: [${aliases}]}`)],
  ['a file with aliases of a long text', `a: &a ${'x'.repeat(1_000_000)}\nb: [${'*a, '.repeat(1000)}]`],
  ['a file with an alias of what contains it', '&a [*a, *a]'],
  ['a large file', `a: ${'x'.repeat(5_000_001)}`],
])('%s is refused before it fills memory', { timeout: 60_000 }, async (_, text) => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'ARTIFACT_INVALID',
    message: expect.stringMatching(/MLmodel cannot be read as YAML: .*it has more than 5,000,000 nodes and characters/),
  });
});
