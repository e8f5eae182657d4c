import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageDigest } from './digest.js';
import { ModelPackageError } from './package-error.js';
import { MANIFEST_FILE, type Manifest, manifestSchema } from './schema.js';

/**
 * Reads and checks the manifest of the package in `directory`. The other files are not read.
 *
 * @throws ModelPackageError `MANIFEST_MISSING`, `MANIFEST_INVALID` with every fault found, or `MANIFEST_EDITED`
 */
export function readManifest(directory: string): Manifest {
  const path = join(directory, MANIFEST_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ModelPackageError(
      'MANIFEST_MISSING',
      `no model package at ${directory}: ${MANIFEST_FILE} cannot be read (${(error as NodeJS.ErrnoException).code}). ` +
        'Make a package with `modelship pack FILE --name NAME`, and give the folder it wrote.',
    );
  }
  return parseManifest(text, path);
}

/**
 * Checks the text of a manifest; `source` names it in errors.
 *
 * @throws ModelPackageError `MANIFEST_INVALID` with every fault found, or `MANIFEST_EDITED`
 */
export function parseManifest(text: string, source: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelPackageError(
      'MANIFEST_INVALID',
      `${source} is not JSON (${(error as Error).message}). Pack the model again with \`modelship pack\`.`,
    );
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  - ${issue.path.join('.') || 'manifest'}: ${issue.message}`);
    throw new ModelPackageError(
      'MANIFEST_INVALID',
      `${source} is not a valid manifest:\n${faults.join('\n')}\nPack the model again with \`modelship pack\`.`,
    );
  }
  const manifest = parsed.data;
  const expected = packageDigest(manifest);
  if (manifest.digest !== expected) {
    throw new ModelPackageError(
      'MANIFEST_EDITED',
      `${source} was changed after packing: it says ${manifest.digest}, its content gives ${expected}. ` +
        'A manifest is never edited by hand: pack the model again with `modelship pack`.',
    );
  }
  return manifest;
}
