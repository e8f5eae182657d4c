import { ModelPackageError } from '@modelship/runtime/manifest';
import { type Artifact, engineFor, type LoadedModel } from '@modelship/runtime/serve';
import type { PackOptions } from './options.js';
import { engineOptions } from './python-options.js';

/**
 * Loads the copy of a model, which is the file that will be served. Errors name the original, and what it was saved with.
 *
 * @throws ModelPackageError
 */
export async function loadCopy(
  options: PackOptions,
  copy: Artifact,
  notes: readonly string[] = [],
): Promise<LoadedModel> {
  try {
    return await engineFor(copy.format).load(copy, engineOptions(options));
  } catch (error) {
    if (!(error instanceof ModelPackageError)) throw error;
    const message = [error.message.replaceAll(copy.path, options.source), ...notes.map((note) => `Note: ${note}.`)];
    throw new ModelPackageError(error.code, message.join(' '));
  }
}
