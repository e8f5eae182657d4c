/** A growing column of numbers, outside the heap of JavaScript: 8 bytes each. */
export class NumberColumn {
  private values: Float64Array;
  private used = 0;

  /** @param capacity number of values before the column grows */
  constructor(capacity = 1024) {
    this.values = new Float64Array(capacity);
  }

  get length(): number {
    return this.used;
  }

  push(value: number): void {
    if (this.used === this.values.length) {
      const larger = new Float64Array(2 * this.used);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.used++] = value;
  }

  at(index: number): number {
    return this.values[index]!;
  }

  /** Returns the values of some rows, by their indices. */
  pick(rows: readonly number[]): number[] {
    return rows.map((row) => this.values[row]!);
  }

  /** Returns the values from one index to another. */
  slice(start: number, end: number): number[] {
    return Array.from(this.values.subarray(start, end));
  }
}

/** Texts by the numbers that stand for them, so that a column of few different texts takes 8 bytes each. */
export class Vocabulary {
  private readonly numbers = new Map<string, number>();
  private readonly texts: string[] = [];

  /** Returns the number of a text, and adds the text if it is new. */
  numberOf(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.texts.push(text);
    this.numbers.set(text, this.texts.length - 1);
    return this.texts.length - 1;
  }

  textOf(number: number): string {
    return this.texts[number]!;
  }
}
