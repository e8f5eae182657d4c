import type { Signature } from '@modelship/runtime';
import { columnsOf } from '@modelship/runtime/manifest';
import type { DataRow } from '../evaluate/data-set.js';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import { relevanceOf } from '../evaluate/tasks/outputs.js';
import { expectedRow, type RowColumns } from './row-values.js';

/** Query of a data set, as a row that the model makes a vector of. */
interface Query extends DataRow {
  readonly judgments: Map<number, number>;
}

/**
 * Yields each document of a data set once, and then each query once with its judgments, so that the model makes one vector of
 * each. A row without a query is a document that no query is judged for. The texts of all documents are kept.
 *
 * @throws EvaluationDataError if the data set has no queries, or a row has no document or no relevance
 */
export async function* retrievalRows(
  rows: AsyncIterable<DataRow>,
  signature: Signature,
  columns: RowColumns,
): AsyncGenerator<DataRow> {
  const documents = new Map<string, number>();
  const queries = new Map<string, Query>();
  let column: string | undefined;
  for await (const row of rows) {
    column ??= documentColumn(row, signature, columns);
    const { values, place } = row;
    const expected = expectedRow(row, columns);
    const document = values[column];
    if (typeof document !== 'string') {
      throw new EvaluationDataError(
        `${place} has ${JSON.stringify(document)} in the column ${column}, and must have text.`,
      );
    }
    const known = documents.get(document);
    const number = known ?? documents.size;
    if (known === undefined) {
      documents.set(document, number);
      yield row;
    }
    const query = values[columns.query!];
    if (query === null || query === '') continue;
    const text = String(query);
    let asked = queries.get(text);
    if (!asked) {
      asked = { place, values: { ...values, [column]: text }, judgments: new Map() };
      queries.set(text, asked);
    }
    asked.judgments.set(number, relevanceOf(expected));
  }
  if (column !== undefined && queries.size === 0) {
    throw new EvaluationDataError(`${columns.rows} has no query in the column ${columns.query}. Add at least one.`);
  }
  yield* queries.values();
}

/** Returns the column that the model makes a vector of: one with the name of its input, or the only other one. */
function documentColumn(
  { values, place }: DataRow,
  signature: Signature,
  { label, weight, by, query }: RowColumns,
): string {
  const inputs = columnsOf(signature)?.filter(({ unused }) => !unused) ?? signature.inputs;
  if (inputs.length !== 1 || inputs[0]!.datatype !== 'BYTES') {
    throw new EvaluationDataError('--task retrieval needs a model that makes a vector of a text or a picture.');
  }
  const [{ name }] = inputs as [(typeof inputs)[number]];
  if (Object.hasOwn(values, name)) return name;
  const others = Object.keys(values).filter((each) => ![label, weight, by, query].includes(each));
  if (others.length === 1) return others[0]!;
  throw new EvaluationDataError(
    `${place} has the columns ${others.join(', ')} for the documents. Name one of them ${name}, as the input of the model, or remove others.`,
  );
}
