import { readdirSync, statSync } from 'node:fs';
import path, { join, type PlatformPath, posix, sep } from 'node:path';

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
    .sort((one, other) => (slashed(one) < slashed(other) ? -1 : 1));
}

/** Key for an order that does not depend on the platform. */
function slashed(path: string): string {
  return path.replaceAll(sep, posix.sep);
}

/**
 * Path of `file` relative to `folder`, with forward slashes on every platform, because it becomes part of a digest or of a
 * Linux image.
 *
 * @param platform rules for paths of the machine @default - those of this machine
 */
export function pathBelow(folder: string, file: string, platform: PlatformPath = path): string {
  return platform.relative(folder, file).split(platform.sep).join(platform.posix.sep);
}
