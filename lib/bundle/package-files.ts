import { createHash } from 'node:crypto';
import { closeSync, cpSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_FILE, readManifest } from '@modelship/runtime/manifest';
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
    cpSync(source!, copy, { dereference: true });
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
  if (hashFile(file) === sha256) return;
  throw new Error(
    `${source} is not the file that the manifest describes: its SHA-256 differs. Pack the model again with \`modelship pack\`.`,
  );
}

/** Hashes the file in chunks, because a model may exceed the maximum size of a buffer. */
function hashFile(path: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(1 << 20);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) hash.update(piece.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
