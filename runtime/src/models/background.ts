import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BACKGROUND_FILE, type Manifest, ModelPackageError, signaturesOf } from '../manifest/index.js';
import { InferenceError } from '../tensor/errors.js';
import { decodeInferRequest } from '../tensor/open-inference/infer-request.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * Reads the rows of the package in `directory` that stand for absent features in explanations.
 *
 * @returns undefined if the package has none
 * @throws ModelPackageError `BACKGROUND_INVALID` if they do not fit the signature
 */
export async function readBackground(directory: string, manifest: Manifest): Promise<Tensor | undefined> {
  if (!manifest.background) return undefined;
  const path = join(directory, BACKGROUND_FILE);
  try {
    return decodeInferRequest(await readFile(path), signaturesOf(manifest).serving_default!).inputs[0];
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    throw new ModelPackageError(
      'BACKGROUND_INVALID',
      `${path}: ${error.message}. Pack the model again with \`modelship pack --background FILE\`.`,
    );
  }
}
