import { existsSync } from 'node:fs';
import { join } from 'node:path';
import versions from './npm-versions.json' with { type: 'json' };

const installed = join(__dirname, '..', '..', '.cache', 'versions', 'node_modules');

/** A file of a package that setup installed, by the package's name and major version. */
export function inVersion(name: keyof typeof versions, major: number | string, ...path: string[]): string {
  const full = join(installed, `${name}-${major}`, ...path);
  if (!existsSync(full)) throw new Error(`${full} is missing. Run \`node scripts/setup.mjs --for test\`.`);
  return full;
}

/** A version of Node that tests run programs with. */
export interface NodeVersion {
  /** `20`, `22` or `24`. */
  readonly major: number;
  /** The path of `node`. */
  readonly path: string;
}

const current: NodeVersion = { major: Number(process.versions.node.split('.')[0]), path: process.execPath };

/**
 * A version of Node: the one that runs the tests if it is of that major version, else one that setup took from npm.
 *
 * @throws Error if setup does not install that version, or did not run
 */
export function node(major: number): NodeVersion {
  if (major === current.major) return current;
  if (!(String(major) in versions.node)) throw new Error(`test/support/npm-versions.json has no Node ${major}`);
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  return { major, path: inVersion('node', major, 'bin', program) };
}

/** The Node that runs the tests, and the one of the images and of Lambda. For `test.each` and `describe.each`. */
export const NODES: readonly NodeVersion[] = current.major === 24 ? [current] : [current, node(24)];

/** {@link NODES} and the Node that Azure Functions and other hosts run. */
export const EVERY_NODE: readonly NodeVersion[] = [
  ...new Map([...NODES, node(22)].map((each) => [each.major, each])).values(),
];

/** A version of npm: its script, and the oldest Node of {@link EVERY_NODE} that runs it. */
export interface NpmVersion {
  readonly major: number;
  readonly node: NodeVersion;
  readonly script: string;
}

/** Every version of npm that users install with. npm 12 does not run on Node 20. */
export const NPMS: readonly NpmVersion[] = Object.keys(versions.npm).map((major) => ({
  major: Number(major),
  node: Number(major) < 12 ? current : node(24),
  script: inVersion('npm', major, 'bin', 'npm-cli.js'),
}));
