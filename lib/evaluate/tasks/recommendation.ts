import type { Tensor } from '@modelship/runtime';
import { stringifyExact } from '../../json/exact-json.js';
import { EvaluationDataError } from '../metrics/compute.js';
import { UNRANKED } from '../metrics/ranking.js';
import type { MetricKind } from '../metrics/table.js';
import { type Columns, type ExpectedRow, RowEvaluation, valuesOf } from '../row-evaluation.js';
import { parsed } from './found-parts.js';

/** Recommendations of a model, as its task returns them. */
interface Recommendations {
  readonly items: readonly { readonly item: unknown }[];
}

/** Compares the items that are recommended for each query with those that turned out to be relevant. */
export class Recommendation extends RowEvaluation {
  readonly kinds: readonly MetricKind[] = ['rankings'];
  override readonly unit = 'queries';
  private readonly relevance: (readonly number[])[] = [];
  private readonly scores: (readonly number[])[] = [];

  /** @param output name of the output with the recommendations of each row */
  constructor(private readonly output: string) {
    super();
  }

  protected addPredictions(rows: readonly ExpectedRow[], outputs: readonly Tensor[]) {
    const answers = valuesOf(outputs, this.output);
    for (const [index, row] of rows.entries()) {
      const missed = relevantItems(row);
      const { items } = JSON.parse(String(answers[index])) as Recommendations;
      const relevance = items.map(({ item }) => (missed.delete(String(item)) ? 1 : 0));
      // Items with equal scores have an order, so the places are compared.
      const scores = items.map((_, place) => items.length - place);
      this.relevance.push([...relevance, ...Array.from(missed, () => 1)]);
      this.scores.push([...scores, ...Array.from(missed, () => UNRANKED)]);
    }
    return rows;
  }

  protected columnsOf(_kind: MetricKind, rows: readonly number[]): Columns {
    return { expected: rows.map((row) => this.relevance[row]!), predicted: rows.map((row) => this.scores[row]!) };
  }
}

function relevantItems({ label, place }: ExpectedRow): Set<string> {
  const list = typeof label === 'string' ? parsed(label) : label;
  if (Array.isArray(list) && list.every((item) => ['string', 'number', 'bigint'].includes(typeof item))) {
    return new Set(list.map(String));
  }
  throw new EvaluationDataError(
    `${place} has the label ${stringifyExact(label)}, and must have a list of the relevant items, such as ["A", "B"].`,
  );
}
