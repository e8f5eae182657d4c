import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reference } from '../drift/columns.js';
import { type Manifest, ModelPackageError, REFERENCE_FILE } from '../manifest/index.js';
import { parseJson } from '../manifest/parse-json.js';
import { referenceSchema } from '../manifest/schema.js';

/**
 * Reads the reference data of the inputs, or of the vectors that the model makes of them, from the package in `directory`.
 *
 * @returns undefined if the package has none
 * @throws ModelPackageError `REFERENCE_INVALID`
 */
export async function readReference(directory: string, manifest: Manifest): Promise<Reference | undefined> {
  if (!manifest.reference) return undefined;
  const path = join(directory, REFERENCE_FILE);
  return parseJson(referenceSchema, await readFile(path, 'utf8'), (fault) => invalid(path, fault));
}

function invalid(path: string, fault: string): ModelPackageError {
  return new ModelPackageError(
    'REFERENCE_INVALID',
    `${path} is invalid: ${fault}. Pack the model again with \`modelship pack --reference FILE\`.`,
  );
}
