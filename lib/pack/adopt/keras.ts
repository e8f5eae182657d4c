import { join, resolve } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { requirePythonTool } from '../python-tool.js';
import { archiveKind } from './archive.js';

/**
 * Exports a Keras archive as a SavedModel by TensorFlow. Functions that the archive itself holds are not run.
 *
 * @param out folder that the SavedModel is written to
 * @returns folder of the SavedModel
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` without TensorFlow and a current Keras, `ARTIFACT_INVALID` if Keras cannot
 * load the archive
 */
export async function exportKeras(path: string, out: string): Promise<string> {
  // Keras reads HDF5 files too, in which it may run functions.
  if (archiveKind(path) !== 'zip') {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${path} is not a Keras archive, which is a ZIP file. Load it, call \`model.export(FOLDER)\`, and pack that folder.`,
    );
  }
  const folder = join(out, 'saved_model');
  await requirePythonTool(
    { keras: resolve(path), folder },
    {
      missing: (python) => `${path} is a Keras archive, and ${python} cannot export it`,
      fix: 'Install TensorFlow with `pip install --upgrade tensorflow keras`',
      failed: (reason) =>
        new ModelPackageError(
          'ARTIFACT_INVALID',
          `${path} cannot be loaded by Keras: ${reason}. Load it with your own classes and functions, call ` +
            '`model.export(FOLDER)`, and pack that folder.',
        ),
    },
    out,
  );
  return folder;
}
