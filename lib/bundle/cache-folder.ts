import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * The folder for content with the name `key`, filled by `fill` if it is not there yet. It is filled beside its place and
 * moved there, so that a half-filled folder is never taken for a whole one.
 *
 * @param kind what the folder holds, such as `runtime`
 * @param key names the content, so that another content has another folder
 */
export function cachedFolder(kind: string, key: string, fill: (folder: string) => void): string {
  const folder = join(cacheRoot(), kind, key);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const filling = mkdtempSync(`${folder}-`);
  try {
    // mkdtemp lets nobody else in, and what is deployed runs as another user.
    chmodSync(filling, 0o755);
    fill(filling);
    renameSync(filling, folder);
  } catch (error) {
    rmSync(filling, { recursive: true, force: true });
    // Another process may have made the same in the meantime.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Where the operating system keeps what can be made again. */
function cacheRoot(): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: windows } = process.env;
  return join(xdg || windows || join(homedir(), '.cache'), 'modelship');
}
