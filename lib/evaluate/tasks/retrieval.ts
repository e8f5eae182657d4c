import type { Tensor } from '@modelship/runtime';
import { floatsOf } from '@modelship/runtime/serve';
import { EvaluationDataError } from '../metrics/compute.js';
import { UNRANKED } from '../metrics/ranking.js';
import type { MetricKind } from '../metrics/table.js';
import { type Columns, type ExpectedRow, RowEvaluation } from '../row-evaluation.js';

/** Documents of a query that have a rank, as in the benchmarks BEIR and MTEB. */
const RANKED = 1000;

/** Vector of a document, and its length. */
interface Vector {
  readonly values: Float32Array;
  readonly length: number;
}

/** Orders all documents for each query by the cosine of their vectors, and compares the order with the judgments. */
export class Retrieval extends RowEvaluation {
  readonly kinds: readonly MetricKind[] = ['rankings'];
  override readonly unit = 'queries';
  private readonly documents: Vector[] = [];
  private readonly relevance: (readonly number[])[] = [];
  private readonly scores: (readonly number[])[] = [];

  /** @param output name of the output with a vector of each row */
  constructor(private readonly output: string) {
    super();
  }

  /** @param rows all documents of the data set, before its first query */
  protected addPredictions(rows: readonly ExpectedRow[], outputs: readonly Tensor[]) {
    const vectors = floatsOf(outputs.find(({ name }) => name === this.output)!);
    const width = vectors.length / rows.length;
    return rows.filter(({ judgments, place }, index) => {
      const vector = vectorOf(vectors.slice(index * width, (index + 1) * width), place);
      if (judgments) this.rank(vector, judgments);
      else this.documents.push(vector);
      return judgments !== undefined;
    });
  }

  protected columnsOf(_kind: MetricKind, queries: readonly number[]): Columns {
    return {
      expected: queries.map((query) => this.relevance[query]!),
      predicted: queries.map((query) => this.scores[query]!),
    };
  }

  /** Keeps the first documents for a query, and relevant ones that are not among them. */
  private rank(query: Vector, judgments: ReadonlyMap<number, number>): void {
    const cosines = Float64Array.from(this.documents, (document) => cosine(query, document));
    const lowest = cosines.slice().sort().at(-RANKED) ?? Number.NEGATIVE_INFINITY;
    const relevance: number[] = [];
    const scores: number[] = [];
    for (const [document, score] of cosines.entries()) {
      const own = judgments.get(document) ?? 0;
      if (score < lowest && own === 0) continue;
      relevance.push(own);
      scores.push(score < lowest ? UNRANKED : score);
    }
    this.relevance.push(relevance);
    this.scores.push(scores);
  }
}

/** @throws EvaluationDataError if the vector has no direction */
function vectorOf(values: Float32Array, place: string): Vector {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  if (length > 0 && length < Number.POSITIVE_INFINITY) return { values, length };
  throw new EvaluationDataError(
    `the model gives ${place} a vector whose length is ${length}, so that it has no cosine.`,
  );
}

function cosine(one: Vector, other: Vector): number {
  let product = 0;
  for (let index = 0; index < one.values.length; index++) product += one.values[index]! * other.values[index]!;
  return product / (one.length * other.length);
}
