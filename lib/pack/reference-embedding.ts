import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceError } from '@modelship/runtime';
import {
  type Manifest,
  ModelPackageError,
  REFERENCE_FILE,
  readManifest,
  signaturesOf,
} from '@modelship/runtime/manifest';
import { loadModel, type Reference } from '@modelship/runtime/serve';
import type { PackOptions } from './options.js';

/** Tasks whose output is a vector for each text or picture. */
const EMBEDDINGS: readonly (string | undefined)[] = ['embed', 'image_embedding'];

/**
 * Writes what the vectors of reference texts or pictures are like to the package in `directory`, by running its model on them.
 *
 * @throws ModelPackageError `REFERENCE_INVALID` if the model makes no vectors, or the rows do not fit it
 */
export async function writeReferenceEmbedding(
  rowsOf: NonNullable<PackOptions['reference']>,
  directory: string,
): Promise<Manifest['reference']> {
  const manifest = readManifest(directory);
  const signature = signaturesOf(manifest).serving_default!;
  const [output] = signature.outputs;
  if (!EMBEDDINGS.includes(manifest.task?.type)) {
    throw invalid(
      `reference data of texts or pictures is for the tasks embed and image_embedding, and this model has the task ${manifest.task?.type}. ` +
        'Leave `--reference` out',
    );
  }
  const model = await loadModel(directory, manifest, { threads: 1 });
  const vectors = new VectorSummary();
  try {
    for await (const { inputs } of rowsOf(signature)) {
      const outputs = await model.run(inputs);
      const { data, shape } = outputs.find(({ name }) => name === output!.name)!;
      const [rows, width] = shape as [number, number];
      for (let row = 0; row < rows; row++) vectors.add((data as Float32Array).subarray(row * width, (row + 1) * width));
    }
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    throw invalid(`the model cannot run the reference data: ${error.message}`);
  } finally {
    await model.close();
  }
  const { rows, mean, variance } = vectors;
  const reference: Reference = { rows, columns: [], embedding: { output: output!.name, mean: [...mean], variance } };
  writeFileSync(join(directory, REFERENCE_FILE), `${JSON.stringify(reference)}\n`);
  return { rows };
}

/** Mean and variance of vectors by Welford's method, which loses no digits over many rows. */
class VectorSummary {
  rows = 0;
  mean = new Float64Array();
  private squares = 0;

  /** Mean squared distance to the mean. */
  get variance(): number {
    return this.squares / this.rows;
  }

  add(vector: Float32Array): void {
    if (this.rows === 0) this.mean = new Float64Array(vector.length);
    this.rows++;
    for (const [place, value] of vector.entries()) {
      const before = value - this.mean[place]!;
      this.mean[place]! += before / this.rows;
      this.squares += before * (value - this.mean[place]!);
    }
  }
}

function invalid(message: string): ModelPackageError {
  return new ModelPackageError('REFERENCE_INVALID', `${message}.`);
}
