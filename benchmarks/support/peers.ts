import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The repository's root. */
export const ROOT = join(__dirname, '..', '..');

/** Where the peers' sources lie. */
export const PEERS = join(ROOT, 'benchmarks', 'peers');

/** Where the benchmarks keep the models that they build. */
export const CACHE = join(ROOT, '.cache', 'bench');

/** The interpreter of the tests, which has the frameworks that models come from. Peers and our workers run the same. */
export const FRAMEWORK_PYTHON = join(ROOT, '.venv', 'bin', 'python');

/** Requirements of peers that build on the frameworks of `FRAMEWORK_PYTHON`, which take gigabytes. */
const ON_FRAMEWORKS = 'frameworks.txt';

/** A peer that is not installed, where `BENCH_INSTALL` is `false`. */
export class MissingPeerError extends Error {}

/**
 * The Python that has the peers of `requirements`, installed on first use.
 *
 * @throws MissingPeerError if they are not installed and must not be
 */
export function peerPython(requirements: string): string {
  const file = join(PEERS, requirements);
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  const venv = join(ROOT, '.cache', 'peers', requirements.replace(/\.txt$/, ''));
  const python = join(venv, 'bin', 'python');
  const stamp = join(venv, 'installed');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
    if (process.env.BENCH_INSTALL === 'false') {
      throw new MissingPeerError(`benchmarks/peers/${requirements} is not installed, and BENCH_INSTALL is false`);
    }
    mkdirSync(dirname(venv), { recursive: true });
    if (requirements === ON_FRAMEWORKS) extendFrameworks(venv);
    else run('python3', ['-m', 'venv', venv]);
    run(python, ['-m', 'pip', 'install', '--quiet', '-r', file]);
    writeFileSync(stamp, digest);
  }
  return python;
}

/** Makes an environment that has the packages of `FRAMEWORK_PYTHON`, too. */
export function extendFrameworks(venv: string): void {
  if (!existsSync(FRAMEWORK_PYTHON)) {
    throw new Error(`${FRAMEWORK_PYTHON} is missing. Run \`node scripts/setup.mjs --for test\`.`);
  }
  run(FRAMEWORK_PYTHON, ['-m', 'venv', venv]);
  const folder = (python: string) =>
    execFileSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).trim();
  writeFileSync(join(folder(join(venv, 'bin', 'python')), 'frameworks.pth'), `${folder(FRAMEWORK_PYTHON)}\n`);
}

/** Runs `command`, and passes on what it says on standard error. */
export function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed with exit code ${status}`);
}
