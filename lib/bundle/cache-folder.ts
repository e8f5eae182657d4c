import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Returns the cache folder for `key`, and calls `fill` if it does not exist yet. The content is written to a temporary
 * folder and renamed, so a partly written folder is never used.
 *
 * @param kind kind of content, such as `runtime`
 * @param key hash of the content; different content gets a different folder
 */
export function cachedFolder(kind: string, key: string, fill: (folder: string) => void): string {
  const folder = join(cacheRoot(), kind, key);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const filling = mkdtempSync(`${folder}-`);
  try {
    // mkdtemp creates the folder with mode 0700, but deployed files are read by another user.
    chmodSync(filling, 0o755);
    fill(filling);
    renameSync(filling, folder);
  } catch (error) {
    rmSync(filling, { recursive: true, force: true });
    // Another process may have created the same folder meanwhile.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Folder of Modelship in the operating system's folder for caches. */
export function cacheRoot(): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: windows } = process.env;
  return join(xdg || windows || join(homedir(), '.cache'), 'modelship');
}
