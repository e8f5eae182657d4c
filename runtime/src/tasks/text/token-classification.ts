import { AGGREGATIONS, type Aggregation, type TokenClassificationTask } from '../../manifest/index.js';
import { argmax } from '../../tensor/argmax.js';
import { invalid } from '../../tensor/errors.js';
import type { TextOptions } from '../../tensor/request.js';
import type { Tensor } from '../../tensor/tensor.js';
import { finiteSoftmax } from '../activation.js';
import { type PreparedTexts, type TextResult, type TextSteps, textsOf } from './text-steps.js';
import type { Tokenizer } from './tokenizer.js';

/** Label of tokens that belong to no class. */
const OUTSIDE = 'O';

/** A token of a text with the scores of its classes. */
interface ScoredToken {
  readonly word: string;
  readonly scores: Float32Array;
  readonly start: number;
  readonly end: number;
  /** Position among the tokens, special ones included. */
  readonly index: number;
  /** Whether the token continues a word. */
  readonly isSubword: boolean;
}

/** A token, or a word of several, with its class. */
interface LabelledPart {
  readonly label: string;
  readonly score: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the parts of texts that belong to classes. Tokens become entities as in the pipeline `token-classification` of
 * Transformers, with the same fields.
 */
export class TokenClassificationSteps implements TextSteps {
  readonly outputs;
  /** Whether the tokenizer marks tokens that continue a word. */
  private readonly marksSubwords: boolean;
  private readonly unknown: string | number | undefined;

  constructor(
    private readonly task: TokenClassificationTask,
    private readonly labels: readonly string[],
    private readonly tokenizer: Tokenizer,
  ) {
    this.outputs = [{ name: task.output, isPerToken: true }];
    const { continuing_subword_prefix: prefix, unk_id: id, unk_token: token } = tokenizer.modelSection();
    this.marksSubwords = typeof prefix === 'string' && prefix !== '';
    if (typeof token === 'string' || typeof id === 'number') this.unknown = (token ?? id) as string | number;
  }

  prepare([input]: readonly Tensor[], { aggregation = this.task.aggregation }: TextOptions): PreparedTexts {
    if (!AGGREGATIONS.includes(aggregation)) {
      throw invalid(`the aggregation must be ${AGGREGATIONS.join(', ')}, got ${JSON.stringify(aggregation)}`);
    }
    const texts = textsOf(input!);
    return {
      texts,
      finish: (results) => {
        const data = results.map((result, index) =>
          Buffer.from(JSON.stringify(this.entities(texts[index]!, result, aggregation))),
        );
        return [{ name: 'entities', datatype: 'BYTES', shape: [data.length], data }];
      },
    };
  }

  private entities(text: string, result: TextResult, aggregation: Aggregation): object[] {
    const tokens = this.tokens(Array.from(text), result);
    if (aggregation === 'none') {
      return tokens
        .map(({ index, ...token }) => ({ index, ...this.labelled([token], 'first', token.word) }))
        .filter(({ label }) => label !== OUTSIDE)
        .map(({ index, label, score, word, start, end }) => ({
          entity: label,
          score: rounded(score),
          index,
          word,
          start,
          end,
        }));
    }
    const parts =
      aggregation === 'simple'
        ? tokens.map((token) => this.labelled([token], 'first', token.word))
        : words(tokens).map((word) => this.labelled(word, aggregation));
    return groups(parts)
      .map((group) => this.entity(group))
      .filter(({ entity_group: label }) => label !== OUTSIDE);
  }

  private tokens(characters: readonly string[], { encoded, values: [logits] }: TextResult): ScoredToken[] {
    const { ids } = encoded;
    const width = logits!.length / ids.length;
    const offsets = encoded.offsets();
    const specials = encoded.specials();
    return ids.flatMap((id, index): ScoredToken[] => {
      if (specials[index]) return [];
      const [start, end] = offsets[index]!;
      const name = this.tokenizer.token(id)!;
      const found = characters.slice(start, end).join('');
      const isUnknown = id === this.unknown || name === this.unknown;
      const isSubword = this.marksSubwords
        ? Array.from(name).length !== end - start
        : start > 0 && !characters.slice(start - 1, start + 1).includes(' ');
      return [
        {
          word: isUnknown ? found : name,
          scores: finiteSoftmax(logits!.subarray(index * width, (index + 1) * width)),
          start,
          end,
          index,
          isSubword: isSubword && !isUnknown,
        },
      ];
    });
  }

  /** Returns the class of a word's tokens. */
  private labelled(
    tokens: readonly Pick<ScoredToken, 'word' | 'scores' | 'start' | 'end'>[],
    by: 'first' | 'average' | 'max',
    word = this.tokenizer.join(tokens.map((token) => token.word)),
  ): LabelledPart {
    const scores = COMBINE[by](tokens.map((token) => token.scores));
    const best = argmax(scores);
    return { label: this.labels[best]!, score: scores[best]!, word, start: tokens[0]!.start, end: tokens.at(-1)!.end };
  }

  /** Joins parts of one class. */
  private entity(parts: readonly LabelledPart[]) {
    return {
      entity_group: parts[0]!.label.replace(/^[^-]*-/, ''),
      score: rounded(parts.reduce((sum, { score }) => sum + score, 0) / parts.length),
      word: this.tokenizer.join(parts.map(({ word }) => word)),
      start: parts[0]!.start,
      end: parts.at(-1)!.end,
    };
  }
}

/** How the scores of a word's tokens become those of the word. */
const COMBINE: Readonly<Record<'first' | 'average' | 'max', (scores: readonly Float32Array[]) => Float32Array>> = {
  first: ([scores]) => scores!,
  average: (scores) =>
    scores[0]!.map((_, column) => scores.reduce((sum, each) => sum + each[column]!, 0) / scores.length),
  max: (scores) => scores[argmax(scores.map((each) => Math.max(...each)))]!,
};

/** Splits tokens into words. */
function words(tokens: readonly ScoredToken[]): ScoredToken[][] {
  const found: ScoredToken[][] = [];
  for (const token of tokens) {
    if (token.isSubword && found.length > 0) found.at(-1)!.push(token);
    else found.push([token]);
  }
  return found;
}

/** Joins neighbours of one class. The prefix `B-` starts a new group. */
function groups(parts: readonly LabelledPart[]): LabelledPart[][] {
  const found: LabelledPart[][] = [];
  for (const part of parts) {
    const last = found.at(-1);
    const isSame = last && tagOf(last.at(-1)!.label) === tagOf(part.label) && !part.label.startsWith('B-');
    if (isSame) last.push(part);
    else found.push([part]);
  }
  return found;
}

function tagOf(label: string): string {
  return label.replace(/^[BI]-/, '');
}

/** Returns a 32-bit number with the digits that it needs. */
function rounded(score: number): number {
  return Number(Math.fround(score).toPrecision(9));
}
