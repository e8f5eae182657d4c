import { join } from 'node:path';
import { isImageTask, type Task } from '@modelship/runtime/manifest';
import { packageRoot } from './package-root.js';

/** Package with a native addon that the server needs for some tasks. */
interface TaskPackage {
  readonly name: string;
  isNeeded(task: Task): boolean;
  /** Paths of the package and of those that it depends on, for Linux on an architecture. */
  parts(architecture: string): readonly Part[];
  /** Command that installs the package for an architecture, if npm does not do so with the runtime. */
  installCommand?(architecture: string): string;
}

/** Files of one package. */
interface Part {
  readonly name: string;
  /** Package whose dependency it is. @default - the runtime depends on it */
  readonly of?: string;
  /** Paths in the package. @default - the whole package */
  readonly paths?: readonly string[];
}

const TASK_PACKAGES: readonly TaskPackage[] = [
  {
    name: 'tokenizers',
    isNeeded: (task) => !isImageTask(task),
    parts: (architecture) => [
      { name: 'tokenizers', paths: ['package.json', 'index.js', `tokenizers.linux-${architecture}-gnu.node`] },
    ],
  },
  {
    name: 'sharp',
    isNeeded: isImageTask,
    parts: (architecture) => [
      { name: 'sharp', paths: ['package.json', 'dist'] },
      { name: '@img/colour', of: 'sharp' },
      { name: 'detect-libc', of: 'sharp' },
      { name: 'semver', of: 'sharp' },
      { name: `@img/sharp-linux-${architecture}`, of: 'sharp' },
      { name: `@img/sharp-libvips-linux-${architecture}`, of: 'sharp' },
    ],
    // npm installs the addon of the platform it runs on. Those of others need --force, and --no-save keeps them out of
    // package.json, where they would fail the next installation.
    installCommand: (architecture) =>
      `npm install --no-save --force sharp@0.35.5 @img/sharp-linux-${architecture}@0.35.5 ` +
      `@img/sharp-libvips-linux-${architecture}@1.3.4`,
  },
];

/** Names of the packages that the server needs for a task. */
export function taskPackages(task: Task | undefined): readonly string[] {
  return TASK_PACKAGES.filter(({ isNeeded }) => task && isNeeded(task)).map(({ name }) => name);
}

/**
 * Returns the files of a package, and of those that it depends on, by their path beside the server.
 *
 * @param from file of the package that depends on it
 * @throws Error if a package is not installed
 */
export function taskPackageFiles(name: string, architecture: string, from: string): Readonly<Record<string, string>> {
  const { parts, installCommand } = TASK_PACKAGES.find((each) => each.name === name)!;
  try {
    const files = parts(architecture).flatMap(({ name: part, of, paths = [''] }) => {
      const root = packageRoot(part, of === undefined ? from : join(packageRoot(of, from), 'package.json'));
      return paths.map((path) => [join('node_modules', part, path), join(root, path)] as const);
    });
    return Object.fromEntries(files);
  } catch (error) {
    if (!installCommand) throw error;
    const [reason] = (error as Error).message.split(';', 1);
    throw new Error(
      `models that take pictures need the npm package ${name} for linux-${architecture}: ${reason}. ` +
        `Install it with \`${installCommand(architecture)}\`.`,
    );
  }
}
