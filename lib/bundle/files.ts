import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What tools leave beside the files that run. */
const BYPRODUCT = /\.(d\.ts|map|pyc)$|__pycache__$/;

/** Whether a file is deployed. */
export function isDeployed(path: string): boolean {
  return !BYPRODUCT.test(path);
}

/** The files under `path` that are deployed, or `path` itself if it is a file, in an order that is always the same. */
export function filesUnder(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isDeployed(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
