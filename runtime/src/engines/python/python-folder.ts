import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Finds the folder `python` of this package. It is beside the bundle in images, and above this file elsewhere. */
export function pythonFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'python');
    if (existsSync(join(candidate, 'modelship_worker', '__main__.py'))) return candidate;
    if (folder === dirname(folder)) throw new Error(`there is no Python worker beside or above ${__dirname}`);
  }
}
