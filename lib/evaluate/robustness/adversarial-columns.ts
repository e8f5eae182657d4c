import type { Tensor } from '@modelship/runtime';
import { isFloating, numbersOf, withNumbers } from '../numeric-columns.js';
import type { SampledBatch } from '../row-sample.js';
import type { Adversary, AdversaryContext, Changes } from './adversary.js';

/** Changes of floating-point numbers. */
export const COLUMNS: Adversary = {
  unit: 'standard deviations of each column',
  epsilons: [0.05, 0.1, 0.25],
  appliesTo: isFloating,
  changesOf: (batch, context) => new ColumnChanges(batch, context),
};

/** Moves columns of a row to an end of their interval, with fewer columns later. */
class ColumnChanges implements Changes {
  private readonly columns;
  private readonly width: number;
  /** The end of its interval that each value is moved to: -1, 1, or 0 for none. */
  private readonly best: Int8Array;
  private last: Int8Array;

  constructor(
    private readonly batch: SampledBatch,
    private readonly context: AdversaryContext,
  ) {
    const { rows, inputs } = batch;
    this.columns = inputs.filter(isFloating).map((input) => {
      const original = numbersOf(input);
      const limits = context.ranges.get(input.name)!;
      return { name: input.name, original, width: original.length / rows.length, limits };
    });
    this.width = this.columns.reduce((sum, each) => sum + each.width, 0);
    this.best = new Int8Array(rows.length * this.width);
    this.last = this.best;
  }

  tried(progress: number): readonly Tensor[] {
    const { width, batch } = this;
    const { random } = this.context;
    this.last = this.best.slice();
    const count = Math.max(1, Math.round((width / 2) * (1 - progress) ** 2));
    for (let row = 0; row < batch.rows.length; row++) {
      for (let change = 0; change < count; change++) {
        const place = row * width + Math.floor(random() * width);
        this.last[place] = -this.last[place]! || (random() < 0.5 ? -1 : 1);
      }
    }
    return this.moved(this.last);
  }

  keep(row: number): void {
    const [start, end] = [row * this.width, (row + 1) * this.width];
    this.best.set(this.last.subarray(start, end), start);
  }

  kept(): readonly Tensor[] {
    return this.moved(this.best);
  }

  private moved(ends: Int8Array): readonly Tensor[] {
    let first = 0;
    const changed = new Map<string, Float64Array>();
    for (const { name, original, width: own, limits } of this.columns) {
      changed.set(
        name,
        original.map((value, index) => {
          const [row, column] = [Math.floor(index / own), index % own];
          return value + ends[row * this.width + first + column]! * this.context.epsilon * limits[column]!.deviation;
        }),
      );
      first += own;
    }
    return this.batch.inputs.map((input) =>
      changed.has(input.name) ? withNumbers(input, changed.get(input.name)!) : input,
    );
  }
}
