import type { TextToken } from '../engines/engine.js';

/** Part of a text that has an effect of its own. Positions count Unicode code points. */
export interface TextPart {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Text whose tokens can be removed. */
export class TokenizedText {
  readonly parts: readonly TextPart[];
  private readonly characters: readonly string[];

  constructor(text: string, tokens: readonly TextToken[]) {
    this.characters = Array.from(text);
    this.parts = tokens
      .filter(({ special, start, end }) => !special && start < end)
      .map(({ start, end }) => ({ text: this.characters.slice(start, end).join(''), start, end }));
  }

  /** Returns the text with the characters of only those tokens for which `present` has a number other than 0. */
  with(present: Float64Array): Buffer {
    const kept = [...this.characters];
    for (const [index, { start, end }] of this.parts.entries()) if (present[index] === 0) kept.fill('', start, end);
    return Buffer.from(kept.join(''));
  }
}
