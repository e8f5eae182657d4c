import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileSha256Sync, MANIFEST_FILE, readManifest } from '@modelship/runtime/manifest';
import type { Model } from '../model/model.js';
import { packageLayout } from '../serving/servers/model-layout.js';

/**
 * Copies the package into `folder` and verifies the copies against the manifest. Verifying the copies makes later changes
 * of the originals harmless.
 *
 * @throws Error if a file cannot be read, or is not the one that the manifest describes
 */
export function copyPackage(model: Model, folder: string): void {
  for (const { path, source, sha256 } of packageLayout(model)) {
    const copy = join(folder, path);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(source!, copy);
    if (sha256 !== undefined) checkHash(copy, sha256, source!);
  }
  const { digest } = readManifest(folder);
  if (digest === model.digest) return;
  throw new Error(
    `${join(model.directory, MANIFEST_FILE)} was replaced after it was read: its digest is now ${digest}, and was ${model.digest}. ` +
      'Synthesize again.',
  );
}

/** @throws Error naming `source` if the file does not hash to `sha256`, 64 hexadecimal digits */
export function checkHash(file: string, sha256: string, source = file): void {
  if (fileSha256Sync(file) === sha256) return;
  throw new Error(
    `${source} is not the file that the manifest describes: its SHA-256 differs. Pack the model again with \`modelship pack\`.`,
  );
}
