import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The interpreter that has every framework. */
export const python = join(import.meta.dirname, '../../../../.venv/bin/python');

/** Runs a script of this folder, which saves models to a folder of their own, and beside them what they should answer. */
export function saveModels<Expected>(script: string): { readonly folder: string; readonly expected: Expected } {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-saved-'));
  execFileSync(python, [join(import.meta.dirname, script), folder], { stdio: 'pipe' });
  return { folder, expected: JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) };
}
