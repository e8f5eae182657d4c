import { type Manifest, SAMPLES_FILE } from '@modelship/runtime/manifest';
import { type EngineOptions, loadModel, type Sample } from '@modelship/runtime/serve';
import { goldenSamples } from './golden-samples.js';
import { type Described, writeManifest } from './manifest-file.js';
import type { PackOptions } from './options.js';
import type { SampleRequest } from './sample-requests.js';

/** Golden samples of a package with a task, and its files except for the samples, so that they are not hashed again. */
export interface PackagedSamples {
  readonly samples: readonly Sample[];
  readonly unchanged: Manifest['files'];
}

/**
 * Runs samples on the package in `directory` as a server loads it.
 *
 * @throws ModelPackageError as `goldenSamples`, or if the package cannot be loaded
 */
export async function packagedSamples(
  directory: string,
  described: Omit<Described, 'samples'>,
  requests: readonly SampleRequest[],
  onStep: PackOptions['onStep'],
  engine: EngineOptions = {},
): Promise<PackagedSamples> {
  const draft = await writeManifest(directory, { ...described, samples: [] });
  const model = await loadModel(directory, draft, { threads: 1, ...engine });
  try {
    if (requests.length > 0) onStep?.(`Run ${requests.length} samples`);
    const samples = await goldenSamples(requests, model, draft.format, described.tolerance);
    return { samples, unchanged: draft.files.filter(({ path }) => path !== SAMPLES_FILE) };
  } finally {
    await model.close();
  }
}
