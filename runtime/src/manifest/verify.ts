import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { externalData } from './onnx-external-data.js';
import { ModelPackageError } from './package-error.js';
import { readManifestFile } from './read.js';
import { furtherModels } from './read-text-task.js';
import { MANIFEST_FILE, type Manifest } from './schema.js';

/** Bytes that are read at once. Smaller parts, and memory of its own for each, take twice the processor time. */
const PART_BYTES = 1024 * 1024;

/** Returns the SHA-256 of a file in hexadecimal digits, without holding the file in memory. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const part = Buffer.allocUnsafe(Math.min(PART_BYTES, size + 1));
    for (;;) {
      const { bytesRead } = await file.read(part, 0, part.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(part.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** The same as `fileSha256`, for synthesis, which cannot wait. */
export function fileSha256Sync(path: string): string {
  const hash = createHash('sha256');
  const part = Buffer.allocUnsafe(PART_BYTES);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, part); read > 0; read = readSync(file, part)) hash.update(part.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

/**
 * Verifies the files of the package in `directory` against its manifest, and that loading the model reads no others.
 *
 * @throws ModelPackageError `FILE_MISSING` or `FILE_CHANGED` for the first file that differs, `FILE_UNLISTED` if the
 * model would read a file that the manifest does not list, or any error of `readManifest`
 */
export async function verifyFiles(directory: string, manifest: Manifest): Promise<void> {
  const { digest } = await readManifestFile(directory);
  if (digest !== manifest.digest) {
    throw new ModelPackageError(
      'FILE_CHANGED',
      `${join(directory, MANIFEST_FILE)} was replaced after it was read: its digest is now ${digest}, and was ${manifest.digest}. ` +
        'Load the package again, or bring the earlier one back.',
    );
  }
  for (const { path, size, sha256 } of manifest.files) {
    const file = join(directory, path);
    const stats = await stat(file).catch(() => undefined);
    if (!stats?.isFile()) {
      throw new ModelPackageError(
        'FILE_MISSING',
        `${file} is missing, but the manifest of \`${manifest.name}\` lists it. Copy the whole package again.`,
      );
    }
    const fault =
      stats.size !== size
        ? `has ${stats.size} bytes, and the manifest says ${size}`
        : (await fileSha256(file)) !== sha256
          ? 'has a SHA-256 that differs from the manifest'
          : undefined;
    if (fault) {
      throw new ModelPackageError(
        'FILE_CHANGED',
        `${file} ${fault}: it was changed or cut off after packing. Copy the package again, or pack the model again.`,
      );
    }
  }
  await rejectUnlisted(directory, manifest);
}

async function rejectUnlisted(
  directory: string,
  { name, artifact, code, format, files, handler, task }: Manifest,
): Promise<void> {
  const listed = new Set(files.map(({ path }) => path));
  const read: string[] = [];
  const further = [...Object.values(furtherModels(task)), ...(handler?.model ? [handler.model.path] : [])];
  for (const model of [artifact, ...further]) {
    if (!listed.has(model)) read.push(...(await filesBelow(directory, model)));
    else if (format === 'onnx' || (model === handler?.model?.path && handler.model.format === 'onnx')) {
      read.push(...externalData(join(directory, model)).map((path) => posix.join(posix.dirname(model), path)));
    }
  }
  if (code !== undefined) read.push(...(await filesBelow(directory, code)));
  const other = read.find((path) => !listed.has(path));
  if (other === undefined) return;
  throw new ModelPackageError(
    'FILE_UNLISTED',
    `${join(directory, other)} belongs to the model, but the manifest of \`${name}\` does not list it, so no digest ` +
      'covers it. Remove it, or pack the model again.',
  );
}

/** Returns everything below a folder that is not a folder itself. Links to folders are not followed, but returned. */
async function filesBelow(directory: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(directory, folder), { withFileTypes: true });
  const paths = entries.map(async (entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(directory, path) : [path];
  });
  return (await Promise.all(paths)).flat();
}
