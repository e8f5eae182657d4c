// Downloads a package of npm for the examples whose models are in one.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Calls `use` with the archive of a package and the temporary folder that it is in, which is removed afterwards.
 *
 * @param name package with its version
 * @param sha256 SHA-256 of the archive
 * @param folder where the temporary folder is made; created if it does not exist
 * @throws Error if the archive has another SHA-256
 */
export async function withNpmPackage(name, sha256, folder, use) {
  mkdirSync(folder, { recursive: true });
  const download = mkdtempSync(join(folder, 'download-'));
  try {
    const npm = ['pack', name, '--silent', '--pack-destination', download];
    const archive = join(download, execFileSync('npm', npm, { encoding: 'utf8' }).trim());
    const found = createHash('sha256').update(readFileSync(archive)).digest('hex');
    if (found !== sha256) throw new Error(`${name} has the SHA-256 ${found}, expected ${sha256}`);
    await use(archive, download);
  } finally {
    rmSync(download, { recursive: true });
  }
}
