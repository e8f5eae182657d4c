import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MANIFEST_FILE, parseManifest } from '../manifest/index.js';
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
