import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8');

/** The rows of the page: their number, and the file of their test, which the last column names. */
const ROWS = [...PAGE.matchAll(/^\| (\d+) \|.*\| `(test\/\S+)` \|$/gm)].map(([, row, file]) => ({
  row: Number(row),
  file: file!,
}));

it('every row of the page has a number of its own, in order, and the file of a test', () => {
  const numbered = [...PAGE.matchAll(/^\| (\d+) \|/gm)].map(([, row]) => Number(row));
  expect(numbered).toEqual([...new Set(numbered)].sort((left, right) => left - right));
  expect(ROWS.map(({ row }) => row)).toEqual(numbered);
});

it.each(ROWS)('row $row names the file of a test with its number', ({ row, file }) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  expect(text).toMatch(new RegExp(`['"\`]fault ${row}: `));
});
