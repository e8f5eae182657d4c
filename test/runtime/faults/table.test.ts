import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/reliability.md'), 'utf8');

/** Rows 1 to 29 of the table of faults concern the runtime, row 30 the constructs; the page lists those from 31 on. */
const ROWS = [
  ...Array.from({ length: 29 }, (_, index) => index + 1),
  ...[...PAGE.matchAll(/^\| (\d+) \|/gm)].map(([, row]) => Number(row)),
];

const TESTS = join(import.meta.dirname, '../..');

function testedRows(): ReadonlySet<number> {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  const names = files.flatMap((file) => [
    ...readFileSync(join(TESTS, file), 'utf8').matchAll(
      /^ *(?:describe|describeServers|it|test)\(['"`]fault (\d+): /gm,
    ),
  ]);
  return new Set(names.map(([, row]) => Number(row)));
}

it('every fault that the runtime must survive is a test named by its number', () => {
  const tested = testedRows();
  expect(ROWS.filter((row) => !tested.has(row))).toEqual([]);
});
