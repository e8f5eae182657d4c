import type { Stats } from 'node:fs';
import { readdir, realpath, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MANIFEST_FILE, type Manifest, type PackageFile, parseManifest } from '../manifest/index.js';
import { readManifestFile } from '../manifest/read.js';
import { inTime, MAX_SIGNATURE_BYTES } from '../manifest/regular-file.js';
import { TemporaryFolder } from '../temporary-folder.js';
import { download, downloadText } from './download.js';
import { isUrl, named, openStore, withoutQuery } from './open-store.js';
import { ObjectMissing, withRetries } from './retry.js';

/** A package on the local disk. */
export interface LocalPackage {
  readonly directory: string;
  /** Removes the downloaded files. A package that was already on the local disk stays. */
  dispose(): Promise<void>;
}

/** A package at the location where it was found. */
export interface StoredPackage {
  /** The location for logs and messages, without a query, which may be secret. */
  readonly location: string;
  /**
   * Reads the manifest.
   *
   * @throws ModelPackageError
   */
  manifest(): Promise<Manifest>;
  /**
   * Downloads the files that the manifest lists. Their digests are not verified yet.
   *
   * @param others further files, such as the signature. Those that the store does not have are left out
   */
  fetch(manifest: Manifest, others?: readonly string[]): Promise<LocalPackage>;
}

/** Number of files of a package downloaded in parallel. */
const PARALLEL_FILES = 16;

/** Maximum depth of packages: the location itself, a folder in it, or `NAME/VERSION`. */
const MAX_DEPTH = 2;

/**
 * Finds the packages at a folder or a URL: the location itself, or packages below it.
 *
 * @throws Error if a store cannot be read
 */
export async function findPackages(location: string): Promise<readonly StoredPackage[]> {
  if (isUrl(location)) return findStored(location);
  // Other processes write the folder, which may be a network mount, so that nothing here blocks the event loop.
  const folders = await inTime(findFolders(location, MAX_DEPTH), location);
  return (await inTime(eachOnce(folders), location)).map(folderPackage);
}

async function findFolders(folder: string, depth: number): Promise<string[]> {
  if (await stats(join(folder, MANIFEST_FILE))) return [folder];
  if (depth === 0 || !(await stats(folder))) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await stats(path))?.isDirectory());
    if (isFolder) found.push(path);
  }
  const below: string[] = [];
  for (const path of found.sort()) below.push(...(await findFolders(path, depth - 1)));
  return below;
}

/** Returns undefined if there is nothing at the path, or a link that is dangling or circular. */
function stats(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

/** Removes duplicates. Tools that copy and switch packages often keep a link beside its target folder. */
async function eachOnce(folders: readonly string[]): Promise<readonly string[]> {
  const unique = new Map<string, string>();
  for (const folder of folders) unique.set(await realpath(folder), folder);
  return [...unique.values()];
}

function folderPackage(directory: string): StoredPackage {
  return {
    location: directory,
    manifest: () => readManifestFile(directory),
    fetch: async () => ({ directory, dispose: async () => {} }),
  };
}

async function findStored(url: string): Promise<readonly StoredPackage[]> {
  const base = new URL(url);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const { list } = await named(base.href, () => openStore(base.href));
  try {
    const text = await downloadText(below(base, MANIFEST_FILE));
    return [storedPackage(base, text)];
  } catch (error) {
    if (!(error instanceof ObjectMissing) || !list) throw error;
  }
  const paths = await named(base.href, () => withRetries(() => list(base)));
  const folders = paths
    .filter((path) => isManifest(path.split('/')))
    .sort()
    .map((path) => path.slice(0, -MANIFEST_FILE.length));
  const known = new Set(folders);
  // The files of a package may include one with the name of the manifest.
  return folders
    .filter((folder) => !parents(folder).some((parent) => known.has(parent)))
    .map((folder) => storedPackage(new URL(below(base, folder))));
}

/** Returns the folders above `folder`, such as `iris/` for `iris/1/`. */
function parents(folder: string): string[] {
  const parts = folder.split('/').slice(0, -2);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}

function storedPackage(base: URL, known?: string): StoredPackage {
  const source = withoutQuery(below(base, MANIFEST_FILE));
  let text = known;
  return {
    location: withoutQuery(base.href),
    async manifest() {
      text ??= await downloadText(below(base, MANIFEST_FILE));
      return parseManifest(text, source);
    },
    async fetch({ files }, others = []) {
      const folder = new TemporaryFolder('model');
      const directory = folder.path;
      try {
        await checkSpace(
          directory,
          files.reduce((sum, { size }) => sum + size, 0),
        );
        await writeFile(join(directory, MANIFEST_FILE), text!);
        for (const path of others) await downloadOther(below(base, path), join(directory, path));
        await downloadAll(files, ({ path, size }) => download(below(base, path), join(directory, path), size));
      } catch (error) {
        await folder.remove();
        throw error;
      }
      return { directory, dispose: () => folder.remove() };
    },
  };
}

/** Downloads a file, at most as large as a signature, that the store may not have. */
async function downloadOther(url: string, file: string): Promise<void> {
  try {
    await writeFile(file, await downloadText(url, MAX_SIGNATURE_BYTES));
  } catch (error) {
    if (!(error instanceof ObjectMissing)) throw error;
  }
}

/** Whether the path is that of a manifest. Object names can be invalid as file paths, and are then ignored. */
function isManifest(path: readonly string[]): boolean {
  const isBelow = path.every((part) => part !== '' && part !== '.' && part !== '..');
  return isBelow && path.length >= 2 && path.length <= MAX_DEPTH + 1 && path.at(-1) === MANIFEST_FILE;
}

/**
 * Downloads a limited number of files at once, because each needs several file descriptors. After a failure no other
 * file is begun, and none is still written when the promise rejects.
 */
async function downloadAll(files: readonly PackageFile[], fetch: (file: PackageFile) => Promise<void>): Promise<void> {
  const waiting = [...files];
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      try {
        await fetch(file);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: PARALLEL_FILES }, worker));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Returns the URL of `path` below the folder `base`. It keeps the query of `base`, which may be a signature. */
function below(base: URL, path: string): string {
  const url = new URL(base);
  url.pathname += path.split('/').map(encodeURIComponent).join('/');
  return url.href;
}

async function checkSpace(directory: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= needed) return;
  throw new Error(
    `the package has ${needed} bytes, and ${bavail * bsize} are free at ${tmpdir()}. ` +
      'Give the host a larger disk, or TMPDIR a larger folder.',
  );
}
