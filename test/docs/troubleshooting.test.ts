import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './snippets.js';

const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const commands = readdirSync(join(ROOT, 'lib/cli'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read('lib/cli', file))
  .concat(read('lib/optimize/optimization-error.ts'));

test.each([
  ['Errors of packages', read('runtime/src/manifest/package-error.ts'), /^ {2}\| '([A-Z_]+)'/gm],
  ['Errors of commands', commands.join('\n'), /(?:CommandFailure\(\s*|code: |\| (?='[A-Z]+_))'([A-Z_]+)'/g],
  ['Errors at synthesis', read('lib/serving/validation/fault-codes.ts'), /^ {2}\| '([A-Z_]+)'/gm],
])('the section %s lists every code, and no other', (title, source, pattern) => {
  const [, section] = read('docs/tasks/troubleshooting.md').split(`\n## ${title}\n`);
  const firstCells = [...section!.split('\n## ')[0]!.matchAll(/^\|([^|]+)\|/gm)].map(([, cell]) => cell);
  const listed = [...firstCells.join().matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, code]) => code);
  const codes = [...source.matchAll(pattern)].map(([, code]) => code);
  expect([...new Set(listed)].sort()).toEqual([...new Set(codes)].sort());
});
