import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reference } from '../drift/columns.js';
import { type Manifest, ModelPackageError, REFERENCE_FILE } from '../manifest/index.js';
import { referenceSchema } from '../manifest/schema.js';

/**
 * Reads the ranges and categories of the inputs from the package in `directory`.
 *
 * @returns undefined if the package has none
 * @throws ModelPackageError `REFERENCE_INVALID`
 */
export async function readReference(directory: string, manifest: Manifest): Promise<Reference | undefined> {
  if (!manifest.reference) return undefined;
  const path = join(directory, REFERENCE_FILE);
  const text = await readFile(path, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(path, (error as Error).message);
  }
  const parsed = referenceSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [{ path: place, message }] = parsed.error.issues as [(typeof parsed.error.issues)[number]];
  throw invalid(path, `${place.join('.')}: ${message}`);
}

function invalid(path: string, fault: string): ModelPackageError {
  return new ModelPackageError(
    'REFERENCE_INVALID',
    `${path} is invalid: ${fault}. Pack the model again with \`modelship pack --reference FILE\`.`,
  );
}
