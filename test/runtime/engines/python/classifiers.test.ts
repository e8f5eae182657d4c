import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { python } from './saved.js';

it('classifiers run once a request, and answer as in scikit-learn, where their class is that of the largest probability', () => {
  const worker = join(import.meta.dirname, '../../../../runtime/python');
  const found = JSON.parse(
    execFileSync(python, [join(import.meta.dirname, 'check_classifiers.py'), worker], { encoding: 'utf8' }),
  ) as { kind: string; runs_once: boolean; is_same: boolean }[];
  expect(found.filter(({ is_same }) => !is_same)).toEqual([]);
  const twice = new Set(found.filter(({ runs_once }) => !runs_once).map(({ kind }) => kind));
  expect([...twice].sort()).toEqual(['Cautious', 'SVC']);
  expect(found).toHaveLength(51);
}, 300_000);
