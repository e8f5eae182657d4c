import type { Tensor } from '@modelship/runtime';
import type { SampledBatch } from '../row-sample.js';
import type { Adversary, AdversaryContext, Changes } from './adversary.js';
import { TYPOS, WORD, withTypo } from './typos.js';

/** Typos in the words of texts that change the prediction most. */
export const WORDS: Adversary = {
  unit: 'share of the words, at least one',
  epsilons: [0.05, 0.1, 0.2],
  rows: 50,
  appliesTo: TYPOS.appliesTo,
  changesOf: (batch, context) => new WordChanges(batch, context),
};

/** Typos by the positions of their words in the texts of a row. */
type Typos = ReadonlyMap<number, string>;

class WordChanges implements Changes {
  private readonly texts: readonly Tensor[];
  /** Words of each row, in the order of its texts. */
  private readonly words: readonly (readonly string[])[];
  private readonly best: Typos[];
  private last: readonly Typos[];

  constructor(
    private readonly batch: SampledBatch,
    private readonly context: AdversaryContext,
  ) {
    this.texts = batch.inputs.filter(TYPOS.appliesTo);
    this.words = batch.rows.map((_, row) => this.textsOf(row).flatMap((text) => text.match(WORD) ?? []));
    this.best = batch.rows.map(() => new Map());
    this.last = this.best;
  }

  tried(): readonly Tensor[] {
    this.last = this.best.map((typos, row) => this.withFurther(typos, this.words[row]!));
    return this.changed(this.last);
  }

  keep(row: number): void {
    this.best[row] = this.last[row]!;
  }

  kept(): readonly Tensor[] {
    return this.changed(this.best);
  }

  /** Adds a typo, in the place of another one if there are as many as allowed. */
  private withFurther(typos: Typos, words: readonly string[]): Typos {
    if (words.length === 0) return typos;
    const { random, epsilon } = this.context;
    const further = new Map(typos);
    const place = Math.floor(random() * words.length);
    const others = [...further.keys()].filter((each) => each !== place);
    if (others.length >= Math.max(1, Math.floor(epsilon * words.length))) {
      further.delete(others[Math.floor(random() * others.length)]!);
    }
    return further.set(place, withTypo(words[place]!, random));
  }

  private changed(typos: readonly Typos[]): readonly Tensor[] {
    const rows = typos.map((own, row) => {
      let place = 0;
      return this.textsOf(row).map((text) => text.replace(WORD, (word) => own.get(place++) ?? word));
    });
    let first = 0;
    return this.batch.inputs.map((input) => {
      if (!this.texts.includes(input)) return input;
      const width = input.data.length / rows.length;
      const data = rows.flatMap((texts) => texts.slice(first, first + width)).map((text) => Buffer.from(text));
      first += width;
      return { ...input, data };
    });
  }

  private textsOf(row: number): string[] {
    return this.texts.flatMap(({ data }) => {
      const width = data.length / this.batch.rows.length;
      return (data as Buffer[]).slice(row * width, (row + 1) * width).map(String);
    });
  }
}
