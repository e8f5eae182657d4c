import type { Signature } from '@modelship/runtime';
import { hasClasses, ModelPackageError } from '@modelship/runtime/manifest';
import type { DataRow } from '../evaluate/data-set.js';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import { classNamed } from '../evaluate/tasks/outputs.js';
import { type ReferenceRows, sampleInputs } from '../pack/index.js';
import { rowBatches } from '../requests/row-request.js';
import { columnValues, expectedRow, type RowColumns } from '../requests/row-values.js';

/**
 * Reads the rows of a data set as inputs of a model, and their classes if the signature names those of scores.
 *
 * @param label column that is no input, and has the class of a row
 * @throws ModelPackageError `REFERENCE_INVALID` if the data set cannot be read or a row does not fit the model
 */
export async function* referenceRows(
  path: string,
  label: string | undefined,
  signature: Signature,
): AsyncGenerator<ReferenceRows> {
  const columns = {
    rows: path,
    label,
    advice: 'Name a column that is no input with --reference-label, and remove others.',
  };
  const names = label === undefined ? undefined : signature.outputs.find(hasClasses)?.labels;
  try {
    for await (const batch of rowBatches(signature, columns)) {
      const place = `${batch[0]!.place} and the rows after it`;
      const inputs = sampleInputs(columnValues(batch, signature, columns), signature, place);
      yield { inputs, classes: names && classesOf(batch, columns, names) };
    }
  } catch (error) {
    if (!(error instanceof EvaluationDataError || error instanceof ModelPackageError)) throw error;
    throw new ModelPackageError('REFERENCE_INVALID', `the reference data does not fit the model: ${error.message}`);
  }
}

/** Returns the places of the classes that rows have. */
function classesOf(batch: readonly DataRow[], columns: RowColumns, names: readonly string[]): (number | undefined)[] {
  return batch.map((row) => {
    const { label, place } = expectedRow(row, columns);
    const text = String(label ?? '').trim();
    return text === '' ? undefined : names.indexOf(classNamed(text, place, names));
  });
}
