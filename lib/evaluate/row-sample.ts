import type { Tensor } from '@modelship/runtime';
import { randomNumbers } from '@modelship/runtime/serve';
import type { ExpectedRow } from './row-evaluation.js';

/** Seed of all random choices, so that the same data has the same report. */
export const SEED = 1;

/** Rows of one request, with the inputs of the model for them. */
export interface SampledBatch {
  readonly rows: readonly ExpectedRow[];
  readonly inputs: readonly Tensor[];
}

/** Returns the outputs of a model. */
export type Predict = (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>;

/** Rows drawn from a stream, each of its rows with the same probability. */
export class RowSample<Row> {
  private readonly random = randomNumbers(SEED);
  private readonly drawn: Row[] = [];
  private seen = 0;

  /** @param size most rows that are kept */
  constructor(private readonly size: number) {}

  get rows(): readonly Row[] {
    return this.drawn;
  }

  /**
   * Returns the drawn rows in batches. Each iteration builds a batch when it reaches it, as the files of 400 pictures may
   * not fit in memory together.
   *
   * @param size most rows of a batch
   */
  batches(size: number, build: (rows: readonly Row[]) => SampledBatch): Iterable<SampledBatch> {
    const { drawn } = this;
    return {
      *[Symbol.iterator]() {
        for (let first = 0; first < drawn.length; first += size) yield build(drawn.slice(first, first + size));
      },
    };
  }

  add(row: Row): void {
    this.seen++;
    if (this.drawn.length < this.size) {
      this.drawn.push(row);
      return;
    }
    const place = Math.floor(this.random() * this.seen);
    if (place < this.size) this.drawn[place] = row;
  }
}
