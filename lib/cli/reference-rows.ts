import type { Signature, Tensor } from '@modelship/runtime';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { type DataRow, readDataSet } from '../evaluate/data-set.js';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import { sampleInputs } from '../pack/index.js';
import { columnValues, takesPictures } from '../requests/row-values.js';

/** Numbers of rows and of pictures that become tensors at once. */
const BATCH_ROWS = 256;
const BATCH_PICTURES = 8;

/**
 * Reads the rows of a data set as inputs of a model.
 *
 * @param label column that is no input
 * @throws ModelPackageError `REFERENCE_INVALID` if the data set cannot be read or a row does not fit the model
 */
export async function* referenceRows(
  path: string,
  label: string | undefined,
  signature: Signature,
): AsyncGenerator<readonly Tensor[]> {
  const columns = {
    rows: path,
    label,
    advice: 'Name a column that is no input with --reference-label, and remove others.',
  };
  const size = takesPictures(signature) ? BATCH_PICTURES : BATCH_ROWS;
  let batch: DataRow[] = [];
  const inputsOf = (rows: readonly DataRow[]) =>
    sampleInputs(columnValues(rows, signature, columns), signature, `${rows[0]!.place} and the rows after it`);
  try {
    for await (const row of readDataSet(path)) {
      batch.push(row);
      if (batch.length < size) continue;
      yield inputsOf(batch);
      batch = [];
    }
    if (batch.length > 0) yield inputsOf(batch);
  } catch (error) {
    if (!(error instanceof EvaluationDataError || error instanceof ModelPackageError)) throw error;
    throw new ModelPackageError('REFERENCE_INVALID', `the reference data does not fit the model: ${error.message}`);
  }
}
