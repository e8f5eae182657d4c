import { readFileSync } from 'node:fs';
import { ModelPackageError } from '@modelship/runtime/manifest';

/** An object of JSON, or of another notation with the same values. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a file of JSON.
 *
 * @throws ModelPackageError `ARTIFACT_INVALID` if the file is not JSON
 */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${path} is not JSON (${(error as Error).message}). Copy or save it again.`,
    );
  }
}
