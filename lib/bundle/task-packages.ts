import { join } from 'node:path';
import { RUNTIME_VERSION } from '@modelship/runtime/contract';
import { isImageTask, isTextTask, type Task } from '@modelship/runtime/manifest';
import { packageRoot } from './package-root.js';

/** Package with a native addon that the server needs for some tasks. */
interface TaskPackage {
  readonly name: string;
  isNeeded(task: Task): boolean;
  /** Paths of the package and of those that it depends on, for Linux on an architecture. */
  parts(architecture: string): readonly Part[];
}

/** Files of one package. */
interface Part {
  readonly name: string;
  /** Packages that lead to it from the runtime, each a dependency of the one before. @default - the runtime needs it itself */
  readonly of?: readonly string[];
  /** Paths in the package. @default - the whole package */
  readonly paths?: readonly string[];
}

const PICTURES = '@modelship/pictures';

const TASK_PACKAGES: readonly TaskPackage[] = [
  {
    name: 'tokenizers',
    isNeeded: isTextTask,
    parts: (architecture) => [
      { name: 'tokenizers', paths: ['package.json', 'index.js', `tokenizers.linux-${architecture}-gnu.node`] },
    ],
  },
  {
    name: PICTURES,
    isNeeded: isImageTask,
    parts: (architecture) => [
      { name: PICTURES, paths: ['package.json', 'index.js'] },
      { name: 'sharp', of: [PICTURES], paths: ['package.json', 'dist'] },
      ...[
        '@img/colour',
        'detect-libc',
        'semver',
        `@img/sharp-linux-${architecture}`,
        `@img/sharp-libvips-linux-${architecture}`,
      ].map((name) => ({ name, of: [PICTURES, 'sharp'] })),
    ],
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
  const { parts } = TASK_PACKAGES.find((each) => each.name === name)!;
  const inPackage = (file: string, dependency: string) => join(packageRoot(dependency, file), 'package.json');
  try {
    const files = parts(architecture).flatMap(({ name: part, of = [], paths = [''] }) => {
      const root = packageRoot(part, of.reduce(inPackage, from));
      return paths.map((path) => [join('node_modules', part, path), join(root, path)] as const);
    });
    return Object.fromEntries(files);
  } catch (error) {
    if (name !== PICTURES) throw error;
    const [reason] = (error as Error).message.split(';', 1);
    throw new Error(
      `models that take pictures need the npm package ${PICTURES} with the addon for linux-${architecture}: ${reason}. ` +
        `Install it with \`npm install ${PICTURES}@${RUNTIME_VERSION}\`.`,
    );
  }
}
