import { type Artifact, artifactOf, type EngineOptions, engineFor, type LoadedModel } from '../engines/index.js';
import { isImageTask, type Manifest } from '../manifest/index.js';
import { withImageTask } from './images/image-model.js';
import { loadTextModel } from './text/text-model.js';

/**
 * Loads the model of a package with its task. The caller has verified the files in `directory`.
 *
 * @param verify verifies the files again, before each further read of the artifact
 * @throws ModelPackageError if the artifact or a file of the task cannot be loaded
 */
export async function loadModel(
  directory: string,
  manifest: Manifest,
  options: EngineOptions,
  verify?: Artifact['verify'],
): Promise<LoadedModel> {
  const artifact = { ...artifactOf(directory, manifest), ...(verify && { verify }) };
  const model = await engineFor(artifact.format).load(artifact, options);
  const { task } = manifest;
  try {
    if (!task) return model;
    if (isImageTask(task)) return withImageTask(model, task, manifest, options);
    return await loadTextModel(model, task, { ...options, manifest, directory });
  } catch (error) {
    await model.close();
    throw error;
  }
}
