import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '../support/tools.js';

const CACHE = join(import.meta.dirname, '../../.cache/images');

/** The names under which the Dockerfiles ask for their bases. */
export const NODE_BASE = 'docker.io/library/node:24-bookworm-slim';
export const PYTHON_BASE = 'docker.io/library/python:3.12-slim-bookworm';

/** What of an image's configuration hosts go by. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly Labels: object;
}

/** Enters a container's root file system, read-only but for /tmp. Its arguments: root, user, mounts, `--`, command. */
const READ_ONLY = `
set -e
root=$1 user=$2
shift 2
mount --bind "$root" "$root"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do mount --bind "\${1%%:*}" "$root\${1#*:}"; shift; done
shift
mount -o remount,bind,ro "$root"
exec chroot --userspec="$user" "$root" "$@"
`;

/** How programs run without an engine: as root or in a container, in the network of this machine. */
const ISOLATION = ['--isolation', 'chroot', '--network', 'host'];

/**
 * Builds and runs images without an engine, as root or in a container: what `docker` would need a daemon for. The
 * image store is a folder of its own under `.cache`.
 */
export class Buildah {
  private readonly started: ChildProcess[] = [];
  private readonly built = new Set<string>();

  constructor(private readonly buildah = requireTool('buildah')) {}

  run(...command: string[]): string {
    // What it writes to standard error becomes part of the message where it fails.
    return execFileSync(this.buildah, [...store(), ...command], { encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  /** The command, with where images lie. */
  get base(): readonly string[] {
    return [this.buildah, ...store()];
  }

  /** In bytes, all layers together. */
  size(image: string): number {
    const manifest = JSON.parse(JSON.parse(this.run('inspect', '--type', 'image', image)).Manifest);
    return manifest.layers.reduce((sum: number, layer: { size: number }) => sum + layer.size, 0);
  }

  config(image: string): ImageConfig {
    return JSON.parse(this.run('inspect', '--type', 'image', image)).Docker.config;
  }

  /**
   * Builds with the Dockerfile of the context.
   *
   * @param mounts folders and files of this machine that the build sees, and the image does not hold
   */
  build(image: string, context: string, args: Readonly<Record<string, string>> = {}, mounts: string[] = []): void {
    const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    // Docker's own format, because the other one has no health check.
    const options = [...ISOLATION, '--pull=never', '--format', 'docker', '--quiet'];
    this.run('bud', ...options, ...buildArgs, ...volumes(mounts), '--tag', image, context);
    this.built.add(image);
  }

  /** What a program in a container of the image prints. */
  output(image: string, ...command: string[]): string {
    return this.run('run', ...ISOLATION, this.container(image), '--', ...command);
  }

  /** Starts the image's entry point with arguments, as `docker run` would. */
  start(image: string, args: readonly string[], environment: Readonly<Record<string, string>>, mounts: string[] = []) {
    const [program, ...rest] = this.command(image, args, environment, mounts);
    const child = spawn(program, rest, { stdio: 'inherit', detached: true });
    this.started.push(child);
    return child;
  }

  /** As `start`, with a root file system that is read-only but for /tmp, which buildah alone cannot. */
  startReadOnly(image: string, environment: Readonly<Record<string, string>>, mounts: readonly string[]): ChildProcess {
    const container = this.container(image);
    const { User, Env, Entrypoint } = this.config(image);
    const variables = [...Env, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
    const folders = mounts.map((mount) => mount.split(':')[1]!);
    this.run('run', ...ISOLATION, '--user', '0:0', container, '--', 'mkdir', '-p', ...folders);
    const command = ['env', '-i', ...variables, ...Entrypoint];
    const root = this.run('mount', container);
    const child = spawn('unshare', ['--mount', 'sh', '-c', READ_ONLY, 'sh', root, User, ...mounts, '--', ...command], {
      stdio: 'inherit',
      detached: true,
    });
    this.started.push(child);
    return child;
  }

  /** The command that starts the image's entry point with arguments. */
  command(
    image: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    mounts: readonly string[] = [],
  ): [string, ...string[]] {
    return [
      ...([this.buildah, ...store(), 'run', ...ISOLATION] as const),
      ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...volumes(mounts),
      ...[this.container(image), '--', ...this.config(image).Entrypoint, ...args],
    ];
  }

  /** Makes a base unless it is there, of this machine's Node. */
  private once(base: string, make: () => void): void {
    const stamp = join(CACHE, createHash('sha256').update(base).digest('hex').slice(0, 12));
    const images = this.run('images', '--format', '{{.Name}}:{{.Tag}}').split('\n');
    if (images.includes(base) && existsSync(stamp) && readFileSync(stamp, 'utf8') === process.version) return;
    mkdirSync(CACHE, { recursive: true });
    make();
    writeFileSync(stamp, process.version);
  }

  private container(image: string): string {
    return this.run('from', '--pull-never', image);
  }

  /** Ends what was started here, and removes its containers and images; the bases stay. */
  close(): void {
    for (const { pid } of this.started) {
      for (const each of processTree(pid!)) {
        try {
          process.kill(each, 'SIGKILL');
        } catch {}
      }
    }
    // Those of stages that only others copy from are among them.
    this.run('rm', '--all');
    for (const image of this.built) this.run('rmi', image);
  }

  /**
   * A base image made of Debian's own packages and this machine's Node, because no registry may be within reach. It
   * stands for the one that the Dockerfile names, and is made once.
   */
  nodeBase(): void {
    this.once(NODE_BASE, () => {
      const root = join(CACHE, 'debian');
      rmSync(root, { recursive: true, force: true });
      const packages = '--include=ca-certificates,libstdc++6';
      execFileSync(requireTool('debootstrap'), ['--variant=minbase', packages, 'bookworm', root, mirror()], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      for (const rest of UNUSED) rmSync(join(root, rest), { recursive: true, force: true });
      const container = this.run('from', 'scratch');
      this.run('copy', '--quiet', container, root, '/');
      this.run('copy', '--quiet', container, process.execPath, '/usr/local/bin/node');
      this.run('commit', '--quiet', '--format', 'docker', '--rm', container, NODE_BASE);
      rmSync(root, { recursive: true, force: true });
    });
  }

  /** As `nodeBase`, with Debian's Python instead of Node. */
  pythonBase(): void {
    this.nodeBase();
    this.once(PYTHON_BASE, () => {
      const container = this.run('from', '--pull-never', NODE_BASE);
      const install = 'apt-get update -qq && apt-get install -qq --yes --no-install-recommends python3 python3-venv';
      const unused = UNUSED.map((path) => `/${path}/*`).join(' ');
      const script = `rm /usr/local/bin/node && ${install} >/dev/null && rm -rf ${unused}`;
      this.run('run', ...ISOLATION, container, '--', 'sh', '-c', script);
      this.run('commit', '--quiet', '--format', 'docker', '--rm', container, PYTHON_BASE);
    });
  }
}

/** A process and all that it started, in whatever group: buildah gives containers one of their own. */
function processTree(root: number): number[] {
  const tree = [root];
  for (const pid of tree) tree.push(...childrenOf(pid));
  return tree;
}

/** Children of a process, of which each of its threads lists its own; none if it has ended. */
function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'));
    return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

/** What slim images go without. */
const UNUSED = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'];

const volumes = (mounts: readonly string[]) => mounts.flatMap((mount) => ['--volume', mount]);

/** Where images are kept: without copies where the file system can, and in any case by whole copies. */
let storage: readonly string[] | undefined;

function store(): readonly string[] {
  storage ??= works(storageOf('overlay')) ? storageOf('overlay') : storageOf('vfs');
  return storage;
}

function storageOf(driver: string): readonly string[] {
  const root = join(CACHE, driver);
  return ['--root', join(root, 'storage'), '--runroot', join(root, 'run'), '--storage-driver', driver];
}

/** Whether a container can be mounted. */
function works(options: readonly string[]): boolean {
  const buildah = (...command: string[]) =>
    execFileSync(requireTool('buildah'), [...options, ...command], { encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const container = buildah('from', 'scratch');
    buildah('mount', container);
    buildah('rm', container);
    return true;
  } catch {
    return false;
  }
}

/** The mirror that this machine's apt uses, or Debian's own. */
function mirror(): string {
  for (const file of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    if (!existsSync(file)) continue;
    const [, uri] = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\/\/\S+)/m.exec(readFileSync(file, 'utf8')) ?? [];
    if (uri) return uri;
  }
  return 'http://deb.debian.org/debian';
}
