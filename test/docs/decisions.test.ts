import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './snippets.js';

const FOLDER = join(ROOT, 'docs/decisions');
const records = readdirSync(FOLDER).filter((name) => /^\d{4}-.*\.md$/.test(name));

test('every decision has a number of its own, which its title repeats', () => {
  const numbers = records.map((name) => Number(name.slice(0, 4)));
  expect(numbers.filter((number, index) => numbers.indexOf(number) !== index)).toEqual([]);
  const titles = records.map((name) => readFileSync(join(FOLDER, name), 'utf8').split('\n')[0]);
  expect(titles).toEqual(numbers.map((number) => expect.stringMatching(new RegExp(`^# ${number}\\. \\S`))));
});

test('the index lists every decision once', () => {
  const index = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  const listed = [...index.matchAll(/^- \[\d{4}\]\(\.\/(.+)\) /gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(records.toSorted());
});
