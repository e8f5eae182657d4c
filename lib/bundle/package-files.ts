import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileSha256Sync, MANIFEST_FILE, readManifest } from '@modelship/runtime/manifest';
import type { Model } from '../model/model.js';
import { type LayoutFile, packageLayout } from '../serving/servers/model-layout.js';

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

/**
 * Writes a file of a layout into `folder`, after its source was verified.
 *
 * @param place puts the source at the path of the target. Default: copies it
 * @throws Error if the source cannot be read, or is not the one that the manifest describes
 */
export function writeLayoutFile(
  folder: string,
  { path, source, content, sha256 }: LayoutFile,
  place: (source: string, target: string) => void = copyFileSync,
): void {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  if (source === undefined) {
    writeFileSync(target, content ?? '');
    return;
  }
  if (sha256 !== undefined) checkHash(source, sha256);
  place(source, target);
}

/** @throws Error naming `source` if the file does not hash to `sha256`, 64 hexadecimal digits */
export function checkHash(file: string, sha256: string, source = file): void {
  if (fileSha256Sync(file) === sha256) return;
  throw new Error(
    `${source} is not the file that the manifest describes: its SHA-256 differs. Pack the model again with \`modelship pack\`.`,
  );
}
