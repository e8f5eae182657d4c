import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The repository's root. */
export const ROOT = join(__dirname, '..', '..');

/** Where the peers' sources lie. */
export const PEERS = join(ROOT, 'benchmarks', 'peers');

/** The Python that has the peers of `requirements`, installed on first use. */
export function peerPython(requirements: string): string {
  const file = join(PEERS, requirements);
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  const venv = join(ROOT, '.cache', 'peers', requirements.replace(/\.txt$/, ''));
  const python = join(venv, 'bin', 'python');
  const stamp = join(venv, 'installed');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
    mkdirSync(dirname(venv), { recursive: true });
    run('python3', ['-m', 'venv', venv]);
    run(python, ['-m', 'pip', 'install', '--quiet', '-r', file]);
    writeFileSync(stamp, digest);
  }
  return python;
}

/** Runs `command`, and passes on what it says on standard error. */
export function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed with exit code ${status}`);
}
