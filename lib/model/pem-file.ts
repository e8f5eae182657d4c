import { readFileSync } from 'node:fs';
import { ModelPackageError, type PackageErrorCode } from '@modelship/runtime/manifest';

/**
 * Reads a file of a key or of certificates in PEM.
 *
 * @param code code of the error if the file cannot be read
 * @throws ModelPackageError
 */
export function readPemFile(file: string, code: PackageErrorCode): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ModelPackageError(code, `${file} cannot be read (${(error as Error).message}).`);
  }
}
