import type { QuestionAnsweringTask } from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';
import type { TextOptions } from '../../tensor/request.js';
import type { Tensor } from '../../tensor/tensor.js';
import { finiteSoftmax } from '../activation.js';
import { type PreparedTexts, type TextSteps, textsOf } from './text-steps.js';
import type { EncodedText, Tokenizer } from './tokenizer.js';

/** Number of the best spans of each window that count. The pipeline of Transformers takes as many for one answer. */
const SPANS_PER_WINDOW = 12;

/** Logit of tokens that cannot be part of an answer. */
const EXCLUDED = -10_000;

/**
 * Maximum number of tokens in the windows of one request, above those of the longest text in windows of 384 that share
 * 128. A question that leaves little room for the context makes windows that add one token each.
 */
const MAX_WINDOW_TOKENS = 2 ** 21;

/** A question with a part of its context. */
interface Window extends EncodedText {
  /** Characters of the word of each token in the context. Undefined outside the context. */
  readonly words: readonly (readonly [start: number, end: number] | undefined)[];
}

interface Span {
  readonly first: number;
  readonly last: number;
  readonly score: number;
}

interface Answer {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  score: number;
}

/**
 * Finds the part of a context that answers a question. Long contexts are read in windows that overlap. Scores are those
 * of the pipeline `question-answering` of Transformers 4, which adds the scores of equal answers.
 */
export class QuestionAnsweringSteps implements TextSteps {
  readonly outputs;

  constructor(
    private readonly task: QuestionAnsweringTask,
    private readonly tokenizer: Tokenizer,
  ) {
    this.outputs = [task.output, task.endOutput].map((name) => ({ name, isPerToken: true }));
  }

  prepare([question, context]: readonly Tensor[], { truncate = true }: TextOptions): PreparedTexts {
    const questions = textsOf(question!);
    const contexts = textsOf(context!);
    if (questions.length !== contexts.length) {
      throw invalid(
        `the inputs question and context must have the same number of elements, got ${questions.length} and ${contexts.length}`,
      );
    }
    let windows: readonly (readonly Window[])[] = [];
    return {
      texts: [],
      encode: async () => {
        const total = { tokens: 0 };
        windows = await Promise.all(contexts.map((text, row) => this.windows(questions[row]!, text, row, total)));
        const long = windows.findIndex(({ length }) => length > 1);
        if (long !== -1 && !truncate) {
          throw invalid(`context ${long} and its question have more than ${this.task.tokenizer.maxTokens} tokens`);
        }
        return windows;
      },
      finish: (results) => {
        let from = 0;
        const answers = windows.map((own, row) => {
          const values = results.slice(from, from + own.length).map((result) => result.values);
          from += own.length;
          return this.best(contexts[row]!, own, values);
        });
        const shape = [answers.length];
        const positions = (name: string, position: (answer: Answer) => number): Tensor => ({
          name,
          datatype: 'INT64',
          shape,
          data: BigInt64Array.from(answers, (answer) => BigInt(position(answer))),
        });
        return [
          { name: 'answer', datatype: 'BYTES', shape, data: answers.map(({ text }) => Buffer.from(text)) },
          { name: 'score', datatype: 'FP32', shape, data: Float32Array.from(answers, ({ score }) => score) },
          positions('start', ({ start }) => start),
          positions('end', ({ end }) => end),
        ];
      },
    };
  }

  /** Encodes a question with each part of its context. Neighbouring parts share `stride` tokens. */
  private async windows(question: string, context: string, row: number, total: { tokens: number }): Promise<Window[]> {
    const { stride, tokenizer } = this.task;
    const encoding = await this.tokenizer.encodePair(question, context);
    const sequences = encoding.getSequenceIds();
    const first = sequences.indexOf(1);
    if (first === -1) throw invalid(`context ${row} has no tokens: give a text that is not empty`);
    const end = sequences.lastIndexOf(1) + 1;
    const around = first + sequences.length - end;
    const size = tokenizer.maxTokens - around;
    if (size <= stride) {
      throw invalid(
        `question ${row} has too many tokens: with it, ${Math.max(size, 0)} of ${tokenizer.maxTokens} are left for the ` +
          `context, and more than ${stride} are needed. Shorten the question.`,
      );
    }
    const count = Math.max(1, Math.ceil((end - first - stride) / (size - stride)));
    total.tokens += count * tokenizer.maxTokens;
    if (total.tokens > MAX_WINDOW_TOKENS) {
      throw invalid(
        `question ${row} takes the windows of all contexts above ${MAX_WINDOW_TOKENS} tokens: shorten it or its ` +
          'context, or send several requests',
      );
    }
    const order = [...sequences.keys()];
    const ids = encoding.getIds();
    const typeIds = encoding.getTypeIds();
    const offsets = encoding.getOffsets();
    const specials = encoding.getSpecialTokensMask().map((mask) => mask === 1);
    const words = encoding.getWordIds();
    const windows: Window[] = [];
    for (let start = first; ; start += size - stride) {
      const stop = Math.min(start + size, end);
      const part = <Item>(all: readonly Item[]) => [
        ...all.slice(0, first),
        ...all.slice(start, stop),
        ...all.slice(end),
      ];
      const spans = new Map<number, [number, number]>();
      for (let index = start; index < stop; index++) {
        const word = words[index];
        if (typeof word !== 'number') continue;
        const [from, to] = offsets[index]!;
        spans.set(word, [spans.get(word)?.[0] ?? from, to]);
      }
      windows.push({
        ids: part(ids),
        typeIds: part(typeIds),
        isTruncated: false,
        offsets: () => part(offsets),
        specials: () => part(specials),
        words: part(order).map((index) => {
          if (sequences[index] !== 1) return undefined;
          const word = words[index];
          return (typeof word === 'number' ? spans.get(word) : undefined) ?? offsets[index]!;
        }),
      });
      if (stop === end) return windows;
    }
  }

  /** Returns the best answer of all windows of one context. */
  private best(context: string, windows: readonly Window[], values: readonly (readonly Float32Array[])[]): Answer {
    const characters = Array.from(context);
    const answers = new Map<string, Answer>();
    for (const [index, window] of windows.entries()) {
      const [starts, ends] = values[index]!.map((logits) => this.shares(window, logits)) as [
        Float32Array,
        Float32Array,
      ];
      for (const { first, last, score } of this.spans(window, starts, ends)) {
        const [start] = window.words[first]!;
        const [, end] = window.words[last]!;
        const text = characters.slice(start, end).join('');
        const known = answers.get(text.toLowerCase());
        if (known) known.score += score;
        else answers.set(text.toLowerCase(), { text, start, end, score });
      }
    }
    const [best] = [...answers.values()].sort((one, other) => other.score - one.score);
    return best!;
  }

  /** Returns the share of each token. The first special token has one too, because it stands for no answer. */
  private shares({ specials, words }: Window, logits: Float32Array): Float32Array {
    const hasNoAnswer = specials()[0] === true;
    return finiteSoftmax(
      logits.map((logit, index) => (words[index] || (index === 0 && hasNoAnswer) ? logit : EXCLUDED)),
    );
  }

  private spans({ words }: Window, starts: Float32Array, ends: Float32Array): Span[] {
    const best: Span[] = [];
    for (let first = 0; first < starts.length; first++) {
      if (!words[first]) continue;
      const stop = Math.min(first + this.task.maxAnswerTokens, ends.length);
      for (let last = first; last < stop && words[last]; last++) {
        const score = Math.fround(starts[first]! * ends[last]!);
        if (best.length === SPANS_PER_WINDOW && !(score > best.at(-1)!.score)) continue;
        let at = best.length;
        while (at > 0 && best[at - 1]!.score < score) at--;
        best.splice(at, 0, { first, last, score });
        if (best.length > SPANS_PER_WINDOW) best.pop();
      }
    }
    return best;
  }
}
