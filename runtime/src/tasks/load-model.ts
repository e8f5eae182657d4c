import { join } from 'node:path';
import { type Artifact, artifactOf, type EngineOptions, engineFor, type LoadedModel } from '../engines/index.js';
import { furtherModels, isImageTask, type Manifest } from '../manifest/index.js';
import { withImageTask } from './images/image-model.js';
import { loadReadTextModel } from './images/read-text-model.js';
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
  const engine = engineFor(artifact.format);
  const { task } = manifest;
  // Models that read texts or pictures take milliseconds, so that a trial on the event loop and a second load are spared.
  const engineOptions = { ...options, isLong: task !== undefined };
  const model = await engine.load(artifact, engineOptions);
  const further: Record<string, LoadedModel> = {};
  try {
    if (!task || task.type === 'recommend') return model;
    for (const [name, path] of Object.entries(furtherModels(task))) {
      const declared = manifest.signatures![name]!;
      further[name] = await engine.load({ ...artifact, path: join(directory, path), declared }, engineOptions);
    }
    if (task.type === 'read_text') return loadReadTextModel(model, task, further, { ...options, manifest, directory });
    if (isImageTask(task)) return withImageTask(model, task, manifest, options);
    return await loadTextModel(model, task, { ...options, manifest, directory });
  } catch (error) {
    await Promise.all([model, ...Object.values(further)].map((each) => each.close()));
    throw error;
  }
}
