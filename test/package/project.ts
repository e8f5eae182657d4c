import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeVersion, NPMS, type NpmVersion } from '../support/nodes.js';

// What a user installs is the tarball, not the repository: a file left out of `files`, a peer imported by the wrong
// entry or a development dependency needed at run time shows only there.
export const root = join(__dirname, '..', '..');
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Makes the tarballs as they are published, once for all test files of a run, and returns their folder. */
function sharedTarballs(): string {
  const folder = join(tmpdir(), 'modelship-tarballs');
  const done = join(folder, '.done');
  try {
    mkdirSync(folder);
  } catch {
    // Another test file makes them.
    const clock = new Int32Array(new SharedArrayBuffer(4));
    for (const end = Date.now() + 300_000; !existsSync(done) && Date.now() < end; ) Atomics.wait(clock, 0, 0, 100);
    if (!existsSync(done)) throw new Error(`${folder} is not complete after 5 minutes`);
    return folder;
  }
  execFileSync(process.execPath, [join(root, 'scripts', 'tarballs.mjs'), folder], { stdio: 'pipe' });
  writeFileSync(done, '');
  return folder;
}

/**
 * The tarballs as they are published, and a folder outside the repository for projects that install them. Both go with
 * the temporary folder of the run: removing gigabytes in a hook would exceed its time on a busy disk.
 */
export class Tarballs {
  readonly folder = mkdtempSync(join(tmpdir(), 'modelship-projects-'));
  /** Folder with the tarballs and nothing else. */
  readonly packed = sharedTarballs();
  /** Those of `@modelship/runtime` and of `modelship`. */
  readonly paths: readonly string[] = readdirSync(this.packed)
    .filter((file) => file.endsWith('.tgz'))
    .map((file) => join(this.packed, file))
    .sort((one, other) => other.length - one.length);
  /** That of `@modelship/pictures`, which users of picture models install too. */
  readonly pictures = join(this.packed, 'pictures', `modelship-pictures-${manifest.version}.tgz`);
}

const [NPM] = NPMS.filter(({ major }) => major === 11);

/** A project of a user, in a folder of its own. */
export class Project {
  readonly directory: string;

  constructor(
    private readonly tarballs: Tarballs,
    name: string,
  ) {
    this.directory = join(tarballs.folder, name);
    mkdirSync(this.directory);
    this.write('package.json', JSON.stringify({ private: true }));
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.directory, path), text);
  }

  /**
   * Installs by one line, as the README says: no script is forbidden, and none is needed.
   *
   * @returns what npm printed
   */
  install(packages: readonly string[], npm: NpmVersion = NPM!): string {
    const line = ['install', ...this.tarballs.paths, ...packages];
    // These flags change what npm prints and whether it asks the registry again, not what it installs.
    const flags = ['--no-audit', '--no-fund', '--prefer-offline'];
    const { npm_config_ignore_scripts: _, ...env } = process.env;
    const options = { cwd: this.directory, encoding: 'utf8', env } as const;
    const { status, stdout, stderr } = spawnSync(npm.node.path, [npm.script, ...line, ...flags], options);
    if (status !== 0) throw new Error(`npm ${npm.major} ended with exit code ${status}: ${stderr}`);
    return `${stdout}${stderr}`;
  }

  /** Installs with only these development dependencies of the repository beside the tarballs, at the same versions. */
  installPeers(peers: readonly string[], npm?: NpmVersion, others: readonly string[] = []): string {
    return this.install([...others, ...peers.map((peer) => `${peer}@${manifest.devDependencies[peer]}`)], npm);
  }

  /** Runs `script` in a Node of its own, and returns what it printed. */
  node(script: string, module = false): string {
    const args = module ? ['--input-type=module', '-e', script] : ['-e', script];
    return execFileSync(process.execPath, args, { cwd: this.directory, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  modelship(args: readonly string[], { path }: NodeVersion = NPM!.node): string {
    const command = join(this.directory, 'node_modules', 'modelship', 'dist', 'bin', 'modelship.js');
    return execFileSync(path, [command, ...args], { cwd: this.directory, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  /** The packages from which files are loaded once `script` has run. */
  packagesLoadedBy(script: string): string[] {
    return JSON.parse(
      this.node(`
        ${script}
        const name = (path) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(path)[1];
        console.log(JSON.stringify([...new Set(Object.keys(require.cache).map(name))]));
      `),
    );
  }

  files(...path: string[]): string[] {
    return readdirSync(join(this.directory, 'node_modules', ...path), { recursive: true, encoding: 'utf8' });
  }

  /** What npm's lock file says of each package that is installed, by its path. */
  installed(): Record<string, { version: string; hasInstallScript?: boolean }> {
    const { packages } = JSON.parse(readFileSync(join(this.directory, 'package-lock.json'), 'utf8'));
    return Object.fromEntries(Object.entries<{ version: string }>(packages).filter(([path]) => path !== ''));
  }

  /** The packages at the top of `node_modules`. */
  packages(): string[] {
    return Object.keys(this.installed())
      .map((path) => path.slice('node_modules/'.length))
      .filter((path) => !path.includes('node_modules'));
  }
}
