import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Rows 1 to 29 of the table of faults concern the runtime; the last is for who synthesizes. */
const ROWS = Array.from({ length: 29 }, (_, index) => index + 1);

const TESTS = join(import.meta.dirname, '../..');

function testedRows(): ReadonlySet<number> {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  const names = files.flatMap((file) => [
    ...readFileSync(join(TESTS, file), 'utf8').matchAll(/^ *(?:describe|it|test)\(['"`]fault (\d+): /gm),
  ]);
  return new Set(names.map(([, row]) => Number(row)));
}

it('every fault that the runtime must survive is a test named by its number', () => {
  const tested = testedRows();
  expect(ROWS.filter((row) => !tested.has(row))).toEqual([]);
});
