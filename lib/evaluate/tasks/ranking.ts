import type { Tensor, TensorSpec } from '@modelship/runtime';
import { NumberColumn } from '../columns.js';
import type { MetricKind } from '../metrics/table.js';
import { type Columns, type ExpectedRow, RowEvaluation, valuesOf } from '../row-evaluation.js';
import { relevanceOf } from './outputs.js';

/** Items of a query. */
interface Query {
  readonly relevance: NumberColumn;
  readonly scores: NumberColumn;
}

/** Compares the order of the rows of each query, by a predicted score, with their relevance. */
export class Ranking extends RowEvaluation {
  readonly kinds: readonly MetricKind[] = ['rankings'];
  override readonly unit = 'queries';
  private readonly numbers = new Map<string, number>();
  private readonly queries: Query[] = [];

  /** @param output output with a score of each row */
  constructor(private readonly output: TensorSpec) {
    super();
  }

  protected addPredictions(rows: readonly ExpectedRow[], outputs: readonly Tensor[]) {
    const scores = valuesOf(outputs, this.output.name);
    return rows.filter((row, index) => {
      const relevance = relevanceOf(row);
      const known = this.numbers.get(row.query!);
      const query =
        known === undefined ? { relevance: new NumberColumn(8), scores: new NumberColumn(8) } : this.queries[known]!;
      query.relevance.push(relevance);
      query.scores.push(Number(scores[index]));
      if (known !== undefined) return false;
      this.numbers.set(row.query!, this.queries.length);
      this.queries.push(query);
      return true;
    });
  }

  protected columnsOf(_kind: MetricKind, queries: readonly number[]): Columns {
    const items = queries.map((query) => this.items(query));
    return { expected: items.map(({ relevance }) => relevance), predicted: items.map(({ scores }) => scores) };
  }

  private items(query: number): { readonly relevance: number[]; readonly scores: number[] } {
    const { relevance, scores } = this.queries[query]!;
    return { relevance: relevance.slice(0, relevance.length), scores: scores.slice(0, scores.length) };
  }
}
