import type { Signature } from '@modelship/runtime';
import { type DataRow, readDataSet } from '../evaluate/data-set.js';
import type { SampledBatch } from '../evaluate/row-sample.js';
import { sampleInputs } from '../pack/index.js';
import { retrievalRows } from './retrieval-rows.js';
import { columnValues, expectedRow, type RowColumns, takesPictures } from './row-values.js';

/** Rows of one request. */
const BATCH_ROWS = 256;

/** Pictures of one request. Each may have some megabytes. */
const BATCH_PICTURES = 8;

/** Returns the number of rows in a request that models with the given signatures all take. */
export function requestRows(signatures: readonly Signature[]): number {
  const canBatch = signatures.every(({ inputs }) => inputs.every(({ shape }) => shape[0] === -1));
  if (!canBatch) return 1;
  return signatures.some(takesPictures) ? BATCH_PICTURES : BATCH_ROWS;
}

/**
 * Reads the rows of a data set that a model predicts.
 *
 * @throws EvaluationDataError if the data set cannot be read
 */
export function predictedRows(signature: Signature, columns: RowColumns): AsyncGenerator<DataRow> {
  const rows = readDataSet(columns.rows);
  return columns.task === 'retrieval' ? retrievalRows(rows, signature, columns) : rows;
}

/**
 * Reads a data set in batches of one request to a model each.
 *
 * @throws EvaluationDataError if the data set cannot be read
 */
export async function* rowBatches(signature: Signature, columns: RowColumns): AsyncGenerator<readonly DataRow[]> {
  const size = requestRows([signature]);
  let batch: DataRow[] = [];
  for await (const row of predictedRows(signature, columns)) {
    batch.push(row);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/**
 * Returns the labels of some rows, if they have any, and the inputs of a model for them.
 *
 * @throws EvaluationDataError or ModelPackageError if a row does not fit the model
 */
export function rowRequest(batch: readonly DataRow[], signature: Signature, columns: RowColumns): SampledBatch {
  return {
    rows: batch.map((row) => expectedRow(row, columns)),
    inputs: sampleInputs(columnValues(batch, signature, columns), signature, batch[0]!.place),
  };
}
