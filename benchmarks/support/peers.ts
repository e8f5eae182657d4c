import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
const ON_FRAMEWORKS = ['frameworks.txt', 'shap.txt'];

/** A peer that is not installed, where `BENCH_INSTALL` is `false`. */
export class MissingPeerError extends Error {}

/**
 * The Python that has the peers of `requirements`, installed on first use.
 *
 * @throws MissingPeerError if they are not installed and must not be
 */
export function peerPython(requirements: string): string {
  const venv = join(ROOT, '.cache', 'peers', requirements.replace(/\.txt$/, ''));
  return installed(venv, join(PEERS, requirements), () => {
    if (process.env.BENCH_INSTALL === 'false') {
      throw new MissingPeerError(`benchmarks/peers/${requirements} is not installed, and BENCH_INSTALL is false`);
    }
    if (ON_FRAMEWORKS.includes(requirements)) extendFrameworks(venv);
    else run('python3', ['-m', 'venv', venv]);
  });
}

/**
 * Returns the Python of an environment, and first installs the requirements if the environment has others or none. If
 * another process installs them, it waits for that.
 *
 * @param requirements path of a file for pip
 * @param create makes an empty environment
 */
export function installed(venv: string, requirements: string, create: () => void): string {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const python = join(venv, 'bin', 'python');
  const stamp = join(venv, 'installed');
  const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (isInstalled()) return python;
  mkdirSync(dirname(venv), { recursive: true });
  withLock(`${venv}.lock`, () => {
    if (isInstalled()) return;
    create();
    run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
    writeFileSync(stamp, digest);
  });
  return python;
}

/** Runs an action while no other process holds the lock, a file with the number of the process that holds it. */
function withLock(path: string, action: () => void): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!created(path, String(process.pid))) {
    if (isHeld(path)) Atomics.wait(pause, 0, 0, 200);
    else rmSync(path, { force: true });
  }
  try {
    action();
  } finally {
    rmSync(path);
  }
}

/** Creates a file. @returns false if it exists */
function created(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether the process that created a lock runs. One that was killed leaves its lock behind. */
function isHeld(path: string): boolean {
  try {
    return process.kill(Number(readFileSync(path, 'utf8')), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
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
