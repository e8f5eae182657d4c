import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '../support/tools.js';

const CACHE = join(import.meta.dirname, '../../.cache/images');

/** The name under which the Dockerfiles ask for their base. */
export const NODE_BASE = 'docker.io/library/node:24-bookworm-slim';

/**
 * Builds and runs images without an engine, as root or in a container: what `docker` would need a daemon for. The
 * image store is a folder of its own under `.cache`.
 */
export class Buildah {
  private readonly started: ChildProcess[] = [];

  constructor(private readonly buildah = requireTool('buildah')) {}

  run(...command: string[]): string {
    return execFileSync(this.buildah, [...store(), ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).trim();
  }

  /** In bytes, all layers together. */
  size(image: string): number {
    const manifest = JSON.parse(JSON.parse(this.run('inspect', '--type', 'image', image)).Manifest);
    return manifest.layers.reduce((sum: number, layer: { size: number }) => sum + layer.size, 0);
  }

  config(image: string): { User: string; Entrypoint: string[]; Healthcheck: { Test: string[] }; Labels: object } {
    return JSON.parse(this.run('inspect', '--type', 'image', image)).Docker.config;
  }

  /** Builds with the Dockerfile of the context. */
  build(image: string, context: string, args: Readonly<Record<string, string>> = {}): void {
    const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    // Docker's own format, because the other one has no health check.
    const options = ['--isolation', 'chroot', '--network', 'host', '--pull=never', '--format', 'docker', '--quiet'];
    this.run('bud', ...options, ...buildArgs, '--tag', image, context);
  }

  /** Starts the image's entry point with arguments, as `docker run` would. */
  start(image: string, args: readonly string[], environment: Readonly<Record<string, string>>, mounts: string[] = []) {
    const container = this.run('from', '--pull-never', image);
    const child = spawn(
      this.buildah,
      [
        ...store(),
        ...['run', '--isolation', 'chroot', '--network', 'host'],
        ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        ...mounts.flatMap((mount) => ['--volume', mount]),
        ...[container, '--', ...this.config(image).Entrypoint, ...args],
      ],
      { stdio: 'inherit', detached: true },
    );
    this.started.push(child);
    return child;
  }

  /** Ends what was started here and removes its containers. */
  close(): void {
    for (const { pid } of this.started) {
      try {
        process.kill(-pid!, 'SIGKILL');
      } catch {}
    }
    this.run('rm', '--all');
  }

  /**
   * A base image made of Debian's own packages and this machine's Node, because no registry may be within reach. It
   * stands for the one that the Dockerfile names, and is made once.
   */
  nodeBase(): void {
    const key = createHash('sha256').update(`bookworm ${process.version} ${process.arch}`).digest('hex');
    const stamp = join(CACHE, 'base');
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
    const root = join(CACHE, 'debian');
    rmSync(root, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    const packages = '--include=ca-certificates,libstdc++6';
    execFileSync(requireTool('debootstrap'), ['--variant=minbase', packages, 'bookworm', root, mirror()], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const rest of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale']) {
      rmSync(join(root, rest), { recursive: true, force: true });
    }
    const container = this.run('from', 'scratch');
    this.run('copy', '--quiet', container, root, '/');
    this.run('copy', '--quiet', container, process.execPath, '/usr/local/bin/node');
    this.run('commit', '--quiet', '--format', 'docker', '--rm', container, NODE_BASE);
    rmSync(root, { recursive: true, force: true });
    writeFileSync(stamp, key);
  }
}

const store = () => [
  ...['--root', join(CACHE, 'storage'), '--runroot', join(CACHE, 'run')],
  // The driver that works on every file system.
  ...['--storage-driver', 'vfs'],
];

/** The mirror that this machine's apt uses, or Debian's own. */
function mirror(): string {
  for (const file of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    if (!existsSync(file)) continue;
    const [, uri] = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\/\/\S+)/m.exec(readFileSync(file, 'utf8')) ?? [];
    if (uri) return uri;
  }
  return 'http://deb.debian.org/debian';
}
