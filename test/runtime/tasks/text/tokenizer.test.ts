import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TextInput, Tokenizer } from '../../../../runtime/src/tasks/text/tokenizer.js';

/** Python with the same version of the package `tokenizers`, which is the judge. */
const PYTHON = join(__dirname, '../../../../.venv', 'bin', 'python');
const TEXTS = process.env.MODELSHIP_TEST_ALL === 'true' ? 100_000 : 2_000;

const KINDS = ['bert', 'roberta', 'xlm_roberta', 'llama', 'minilm'];

const MAX_TOKENS = 24;

interface Case {
  readonly texts: [string] | [string, string];
  readonly side: 'left' | 'right';
  readonly expected: object;
}

describe('tokens', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-tokenizers-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(() => {
    const made = spawnSync(PYTHON, [join(__dirname, 'tokenizer_cases.py'), folder, String(TEXTS)], {
      encoding: 'utf8',
    });
    expect(made).toMatchObject({ status: 0 });
  }, 600_000);

  const path = (kind: string) => join(folder, `${kind}.json`);
  const options = (truncationSide: 'left' | 'right', maxTokens = MAX_TOKENS) => ({
    maxTokens,
    truncationSide,
    padding: { id: 0, typeId: 0, side: 'right' as const },
  });

  it.each(KINDS)('have the ids, offsets and truncation of Python: %s', { timeout: 600_000 }, async (kind) => {
    const cases = readFileSync(join(folder, `${kind}.jsonl`), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Case);
    expect(cases).toHaveLength(TEXTS);
    const tokenizer = await Tokenizer.load(path(kind), options(cases[0]!.side));
    const different: unknown[] = [];
    for (let start = 0; start < cases.length; start += 8) {
      const batch = cases.slice(start, start + 8);
      const inputs = batch.map(({ texts }): TextInput => (texts.length === 1 ? texts[0] : texts));
      const found = await tokenizer.encode(inputs);
      for (const [index, { expected, texts }] of batch.entries()) {
        const { offsets, specials, ...tokens } = found[index]!;
        const answer = { ...tokens, offsets: offsets(), specials: specials() };
        if (JSON.stringify(sorted(answer)) !== JSON.stringify(sorted(expected)))
          different.push({ texts, answer, expected });
      }
    }
    expect(different.slice(0, 3)).toEqual([]);
  });

  it('ignore the limit and the padding of the file', async () => {
    expect(JSON.parse(readFileSync(path('bert'), 'utf8'))).toMatchObject({
      truncation: { max_length: 7 },
      padding: { strategy: { Fixed: 9 } },
    });
    const tokenizer = await Tokenizer.load(path('bert'), options('right'));
    const [short, long] = await tokenizer.encode(['good', 'good '.repeat(100)]);
    expect(short).toMatchObject({ ids: [2, expect.any(Number), 3], isTruncated: false });
    expect(long!.ids).toHaveLength(MAX_TOKENS);
    expect(long!.isTruncated).toBe(true);
  });

  it('of no texts are none, and those of an empty text are special tokens', async () => {
    const tokenizer = await Tokenizer.load(path('bert'), options('right'));
    expect(await tokenizer.encode([])).toEqual([]);
    expect((await tokenizer.encode(['']))[0]!.ids).toEqual([2, 3]);
  });

  it('of a lone surrogate are those of the replacement character', async () => {
    const tokenizer = await Tokenizer.load(path('roberta'), options('right'));
    const [surrogate, replacement] = await tokenizer.encode(['a\ud800b', 'a\ufffdb']);
    expect(surrogate!.ids).toEqual(replacement!.ids);
  });

  it('are not made by a tokenizer that does not fit its package', async () => {
    await expect(Tokenizer.load(path('bert'), options('right', 3))).rejects.toThrow(
      /`task\.tokenizer\.maxTokens` must be more than 3, got 3: .*bert\.json adds 3 special tokens/,
    );
    const padding = { id: 1_000_000, typeId: 0, side: 'right' as const };
    await expect(Tokenizer.load(path('bert'), { ...options('right'), padding })).rejects.toThrow(
      /bert\.json has no token 1000000, which `task\.tokenizer\.padding\.id` names/,
    );
  });

  it.each([
    ['is missing', undefined],
    ['is cut off', '{"version": "1.0",'],
    ['has an unknown component', '{"version":"1.0","model":{"type":"Telepathy","vocab":{}}}'],
  ])('are not made by a file that %s', async (_, content) => {
    const file = join(folder, 'broken.json');
    rmSync(file, { force: true });
    if (content !== undefined) writeFileSync(file, content);
    await expect(Tokenizer.load(file, options('right'))).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringContaining(`${file} cannot be loaded as a tokenizer`),
    });
  });
});

function sorted(value: object): [string, unknown][] {
  return Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
}
