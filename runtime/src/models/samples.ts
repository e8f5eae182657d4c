import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadedModel } from '../engines/engine.js';
import { type Manifest, ModelPackageError, SAMPLES_FILE, signaturesOf } from '../manifest/index.js';
import { decodeSamples, type Sample } from '../manifest/samples.js';
import { differenceBetween } from '../tensor/difference.js';
import { InferenceError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * Reads the golden samples of the package in `directory`.
 *
 * @throws ModelPackageError `SAMPLES_INVALID` if they cannot be read or do not fit the signature
 */
export async function readSamples(directory: string, manifest: Manifest): Promise<Sample[]> {
  if (manifest.samples.count === 0) return [];
  const path = join(directory, SAMPLES_FILE);
  const signature = signaturesOf(manifest).serving_default!;
  try {
    return decodeSamples(await readFile(path), signature);
  } catch (error) {
    if (!(error instanceof InferenceError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new ModelPackageError(
      'SAMPLES_INVALID',
      `${path}: ${(error as Error).message}. Pack the model again with \`modelship pack\`.`,
    );
  }
}

/**
 * Runs the golden samples.
 *
 * @throws ModelPackageError `SAMPLES_DIFFER` for the first output that differs from the expected one
 */
export async function checkSamples(model: LoadedModel, manifest: Manifest, samples: readonly Sample[]): Promise<void> {
  for (const [index, sample] of samples.entries()) {
    const outputs = await model.run(sample.inputs);
    for (const wanted of sample.outputs) {
      const got = outputs.find(({ name }) => name === wanted.name);
      const difference = got
        ? differenceBetween(got, wanted, manifest.samples.tolerance)
        : `there is no output ${wanted.name}`;
      if (difference === undefined) continue;
      throw new ModelPackageError(
        'SAMPLES_DIFFER',
        `model \`${manifest.name}\` does not reproduce golden sample ${index}: ${difference}. It is not ` +
          'served. Pack it again on a machine like this one, or with a wider `--tolerance`.',
      );
    }
  }
}

/** Maximum number of samples kept as examples, and maximum numbers of elements and of bytes in strings per example. */
const EXAMPLES = 5;
const EXAMPLE_ELEMENTS = 1000;
const EXAMPLE_BYTES = 64 * 1024;

/** Returns the inputs of the first samples that are small enough to keep in memory and to show on a page. */
export function smallExamples(samples: readonly Sample[]): readonly (readonly Tensor[])[] {
  return samples
    .map(({ inputs }) => inputs)
    .filter((inputs) => {
      const elements = inputs.reduce((sum, { data }) => sum + data.length, 0);
      return elements <= EXAMPLE_ELEMENTS && stringBytes(inputs) <= EXAMPLE_BYTES;
    })
    .slice(0, EXAMPLES);
}

function stringBytes(inputs: readonly Tensor[]): number {
  const strings = inputs.flatMap(({ data }) => (Array.isArray(data) ? (data as Buffer[]) : []));
  return strings.reduce((sum, { length }) => sum + length, 0);
}
