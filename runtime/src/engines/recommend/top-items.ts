/** Item of a recommendation, by its position in the arrays of the model. */
export interface ScoredItem {
  readonly index: number;
  readonly score: number;
}

/** Minimum number of candidates that are sorted at once. */
const MIN_SORTED = 64;

/** The items with the highest scores among those that are offered in ascending order. The first of equal ones wins. */
export class TopItems {
  /** Score that an item must exceed to be among the best. */
  threshold = Number.NEGATIVE_INFINITY;
  private candidates: ScoredItem[] = [];

  constructor(private readonly count: number) {}

  /** Adds an item whose score exceeds the threshold. */
  add(index: number, score: number): void {
    this.candidates.push({ index, score });
    if (this.candidates.length >= Math.max(MIN_SORTED, 2 * this.count)) this.select();
  }

  /** Returns the best items, the highest score first. */
  items(): readonly ScoredItem[] {
    this.select();
    return this.candidates;
  }

  private select(): void {
    this.candidates.sort((one, other) => other.score - one.score || one.index - other.index);
    this.candidates.length = Math.min(this.candidates.length, this.count);
    if (this.candidates.length === this.count) this.threshold = this.candidates.at(-1)!.score;
  }
}
