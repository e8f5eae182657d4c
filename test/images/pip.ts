import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PIP = join(import.meta.dirname, '../../.venv/bin/pip');

/** Mounts with which a build installs packages from where this machine does: pip's settings, and the paths they name. */
export function pipMounts(): string[] {
  const settings = new Map([['retries', '1']]);
  // `global.index-url='…'`, and `:env:.index-url='…'`, which is what counts.
  const lines = execFileSync(PIP, ['config', 'list'], { encoding: 'utf8' }).trim().split('\n');
  for (const [, scope, key, value] of lines.flatMap((line) => [/^(.*)\.([\w-]+)='(.*)'$/.exec(line) ?? []])) {
    if (key && (scope === ':env:' || !settings.has(key))) settings.set(key, value!);
  }
  const file = join(mkdtempSync(join(tmpdir(), 'modelship-pip-')), 'pip.conf');
  const text = [...settings].map(([key, value]) => `${key} = ${value.replaceAll(/\s+/g, '\n  ')}\n`).join('');
  writeFileSync(file, `[global]\n${text}`);
  const paths = [...settings.values()]
    .flatMap((value) => value.split(/\s+/))
    // An index in a folder has its files beside it.
    .map((value) => value.replace('file://', '').replace(/\/simple\/?$/, ''))
    .filter((value) => value.startsWith('/') && existsSync(value));
  return [`${file}:/etc/pip.conf:ro`, ...new Set(paths.map((path) => `${path}:${path}:ro`))];
}
