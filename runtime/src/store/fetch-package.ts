import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MANIFEST_FILE, parseManifest, readManifest } from '../manifest/index.js';
import { checkDigest } from './check-digest.js';
import { download, downloadText } from './download.js';

/**
 * Brings the package at `url`, a folder of a store, to a folder on this machine. The manifest must have the digest that
 * is expected before anything else is fetched.
 */
export async function fetchPackage(url: string, expectedDigest: string | undefined): Promise<string> {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const at = (path: string) => {
    const each = new URL(base);
    each.pathname += path.split('/').map(encodeURIComponent).join('/');
    return each.href;
  };
  const text = await downloadText(at(MANIFEST_FILE));
  const manifest = parseManifest(text, `${url.split('?')[0]}${MANIFEST_FILE}`);
  checkDigest(manifest, expectedDigest);
  const directory = await mkdtemp(join(tmpdir(), 'modelship-model-'));
  await writeFile(join(directory, MANIFEST_FILE), text);
  await Promise.all(manifest.files.map(({ path, size }) => download(at(path), join(directory, path), size)));
  return directory;
}

/** Puts the local part of the package in `directory` and the files that are kept elsewhere into one folder. */
export async function completePackage(directory: string, urls: Readonly<Record<string, string>>): Promise<string> {
  const manifest = readManifest(directory);
  const complete = await mkdtemp(join(tmpdir(), 'modelship-model-'));
  await copyFile(join(directory, MANIFEST_FILE), join(complete, MANIFEST_FILE));
  await Promise.all(
    manifest.files.map(async ({ path, size }) => {
      const target = join(complete, path);
      const url = urls[path];
      if (url !== undefined) return download(url, target, size);
      await mkdir(dirname(target), { recursive: true });
      return copyFile(join(directory, path), target);
    }),
  );
  return complete;
}
