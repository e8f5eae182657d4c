import { join } from 'node:path';
import { isImageTask, type Task } from '@modelship/runtime/manifest';
import { packageRoot } from './package-root.js';

/** Package with a native addon that the server needs for some tasks. */
interface TaskPackage {
  readonly name: string;
  isNeeded(task: Task): boolean;
  /** Paths in the package for Linux on an architecture. */
  files(architecture: string): readonly string[];
}

const TASK_PACKAGES: readonly TaskPackage[] = [
  {
    name: 'tokenizers',
    isNeeded: (task) => !isImageTask(task),
    files: (architecture) => ['package.json', 'index.js', `tokenizers.linux-${architecture}-gnu.node`],
  },
];

/** Names of the packages that the server needs for a task. */
export function taskPackages(task: Task | undefined): readonly string[] {
  return TASK_PACKAGES.filter(({ isNeeded }) => task && isNeeded(task)).map(({ name }) => name);
}

/**
 * Returns the files of a package by their path beside the server.
 *
 * @param from file of the package that depends on it
 * @throws Error if the package is not installed
 */
export function taskPackageFiles(name: string, architecture: string, from: string): Readonly<Record<string, string>> {
  const root = packageRoot(name, from);
  const { files } = TASK_PACKAGES.find((each) => each.name === name)!;
  return Object.fromEntries(files(architecture).map((path) => [`node_modules/${name}/${path}`, join(root, path)]));
}
