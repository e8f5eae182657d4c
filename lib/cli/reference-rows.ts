import type { Signature, Tensor } from '@modelship/runtime';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import { sampleInputs } from '../pack/index.js';
import { rowBatches } from '../requests/row-request.js';
import { columnValues } from '../requests/row-values.js';

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
  try {
    for await (const batch of rowBatches(signature, columns)) {
      const place = `${batch[0]!.place} and the rows after it`;
      yield sampleInputs(columnValues(batch, signature, columns), signature, place);
    }
  } catch (error) {
    if (!(error instanceof EvaluationDataError || error instanceof ModelPackageError)) throw error;
    throw new ModelPackageError('REFERENCE_INVALID', `the reference data does not fit the model: ${error.message}`);
  }
}
