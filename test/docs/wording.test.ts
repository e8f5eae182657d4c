import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './snippets.js';

/** Everything that a person reads: sources with their docstrings and messages, pages, and the changelog. */
const FOLDERS = ['lib', 'runtime/src', 'runtime/python', 'bin', 'docs'];
const FILES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'];

/** Old-fashioned or indirect phrases. The list may grow; a phrase is never removed to let a text pass. */
const PHRASES = [
  'whoever',
  'nobody asks',
  'somebody',
  'is told',
  'are told',
  'tells of',
  'that is there',
  'are there\\)',
  'let in',
  'lets in',
  'by which',
  'of which',
  'with which',
  'under which',
  'is no JSON',
  'is no text',
  'lies in',
  'lies at',
  'for want of',
  'in its place',
  'with no telling',
];
const PHRASE = new RegExp(`\\b(?:${PHRASES.join('|')})(?!\\w)`, 'i');

const PREPOSITIONS = 'Of|With|Under|By|In|From|For|At|On|To|As|Into|Within|Without|Behind|Beside|Between|Among|Through';
const DOCSTRING = new RegExp(`/\\*\\*\\s*(?:\\*\\s*)?(?:${PREPOSITIONS})\\s`);

function texts(): { file: string; text: string }[] {
  const below = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return [...below, ...FILES]
    .filter((file) => /\.(?:ts|mjs|py|md)$/.test(file))
    .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));
}

test('no text uses a phrase of the list', () => {
  const found = texts().flatMap(({ file, text }) =>
    text.split('\n').flatMap((line, index) => {
      const phrase = PHRASE.exec(line)?.[0];
      return phrase ? [`${file}:${index + 1}: ${phrase}`] : [];
    }),
  );
  expect(found).toEqual([]);
});

test('no docstring starts with a preposition', () => {
  const found = texts().flatMap(({ file, text }) => {
    const first = DOCSTRING.exec(text);
    return first ? [`${file}:${text.slice(0, first.index).split('\n').length}: ${first[0].trim()}`] : [];
  });
  expect(found).toEqual([]);
});

test('the patterns find the old style and nothing else', () => {
  expect(PHRASE.test('a cluster that is there')).toBe(true);
  expect(DOCSTRING.test('/** Of the load balancer. */')).toBe(true);
  expect(DOCSTRING.test('/** Security groups of the load balancer. */')).toBe(false);
});
