import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelPackageError } from './package-error.js';
import { readManifest } from './read.js';
import { MANIFEST_FILE, type Manifest } from './schema.js';

/** Maximum bytes of a file that is read at once, which is faster than streaming it. */
const SMALL_BYTES = 1024 * 1024;

/** Returns the SHA-256 of a file in hexadecimal digits, without holding the file in memory. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  const { size } = await stat(path);
  if (size <= SMALL_BYTES) return hash.update(await readFile(path)).digest('hex');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * Verifies the files of the package in `directory` against its manifest.
 *
 * @throws ModelPackageError `FILE_MISSING` or `FILE_CHANGED` for the first file that differs, or any error of
 * `readManifest`
 */
export async function verifyFiles(directory: string, manifest: Manifest): Promise<void> {
  const { digest } = readManifest(directory);
  if (digest !== manifest.digest) {
    throw new ModelPackageError(
      'FILE_CHANGED',
      `${join(directory, MANIFEST_FILE)} was replaced after it was read: it says ${digest}, and said ${manifest.digest}. ` +
        'Load the package again, or bring the earlier one back.',
    );
  }
  for (const { path, size, sha256 } of manifest.files) {
    const file = join(directory, path);
    const stats = await stat(file).catch(() => undefined);
    if (!stats?.isFile()) {
      throw new ModelPackageError(
        'FILE_MISSING',
        `${file} is missing, though the manifest of \`${manifest.name}\` lists it. Copy the whole package again.`,
      );
    }
    const fault =
      stats.size !== size
        ? `has ${stats.size} bytes, and the manifest says ${size}`
        : (await fileSha256(file)) !== sha256
          ? 'has another SHA-256 than the manifest says'
          : undefined;
    if (fault) {
      throw new ModelPackageError(
        'FILE_CHANGED',
        `${file} ${fault}: it was changed or cut off after packing. Copy the package again, or pack the model again.`,
      );
    }
  }
}
