import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files that tools leave beside the code, such as caches and source maps. */
const BYPRODUCT = /\.(d\.ts|map|pyc)$|__pycache__$/;

/** Whether a file is deployed. */
export function isDeployed(path: string): boolean {
  return !BYPRODUCT.test(path);
}

/** Deployed files below `path`, or `path` itself if it is a file, in a stable order. */
export function filesUnder(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isDeployed(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
