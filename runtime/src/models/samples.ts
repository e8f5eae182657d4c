import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadedModel } from '../engines/engine.js';
import { type Manifest, ModelPackageError, SAMPLES_FILE, signaturesOf } from '../manifest/index.js';
import { decodeSamples, type Sample } from '../manifest/samples.js';
import { differenceBetween, type Tolerance } from '../tensor/difference.js';
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
    const difference = await sampleDifference(model, sample, manifest.samples.tolerance);
    if (difference === undefined) continue;
    throw new ModelPackageError(
      'SAMPLES_DIFFER',
      `model \`${manifest.name}\` does not reproduce golden sample ${index}: ${difference}. It is not ` +
        'served. Pack it again on a machine like this one, or with a wider `--tolerance`.',
    );
  }
}

/** What a model responds to made-up samples. */
export interface MadeUpResponses {
  /** Samples that the model accepts. */
  readonly accepted: readonly Sample[];
  /** Descriptions of the samples that got another response than when the model was packed, or that the model rejects. */
  readonly differences: readonly string[];
}

/**
 * Runs made-up samples. Another response is no error, because no user has said that the model must be right there: scores
 * may be close to each other, and quantized models differ between processors.
 */
export async function runMadeUpSamples(
  model: LoadedModel,
  { samples: { tolerance } }: Manifest,
  samples: readonly Sample[],
): Promise<MadeUpResponses> {
  const accepted: Sample[] = [];
  const differences: string[] = [];
  for (const [index, sample] of samples.entries()) {
    try {
      const difference = await sampleDifference(model, sample, tolerance);
      accepted.push(sample);
      if (difference !== undefined) differences.push(`sample ${index}: ${difference}`);
    } catch (error) {
      if (!(error instanceof InferenceError)) throw error;
      differences.push(`sample ${index} is rejected: ${error.message}`);
    }
  }
  return { accepted, differences };
}

/** Runs a sample. @returns a description of the first difference from its response, or undefined if there is none */
export async function sampleDifference(
  model: LoadedModel,
  sample: Sample,
  tolerance: Tolerance,
): Promise<string | undefined> {
  const outputs = await model.run(sample.inputs);
  for (const wanted of sample.outputs) {
    const got = outputs.find(({ name }) => name === wanted.name);
    const difference = got ? differenceBetween(got, wanted, tolerance) : `there is no output ${wanted.name}`;
    if (difference !== undefined) return difference;
  }
  return undefined;
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
