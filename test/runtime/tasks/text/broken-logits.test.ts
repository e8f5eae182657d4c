import { describe, expect, it } from 'vitest';
import type { QuestionAnsweringTask, TokenClassificationTask } from '../../../../runtime/src/manifest/index.js';
import { QuestionAnsweringSteps } from '../../../../runtime/src/tasks/text/question-answering.js';
import { TokenClassificationSteps } from '../../../../runtime/src/tasks/text/token-classification.js';
import type { Tokenizer } from '../../../../runtime/src/tasks/text/tokenizer.js';

const text = (name: string, value: string) => ({
  name,
  datatype: 'BYTES' as const,
  shape: [1],
  data: [Buffer.from(value)],
});
/** The tokens `[CLS] who [SEP] bob [SEP]`. */
const pair = {
  getSequenceIds: () => [null, 0, null, 1, null],
  getIds: () => [1, 4, 2, 5, 2],
  getTypeIds: () => [0, 0, 0, 1, 1],
  getOffsets: () => [
    [0, 0],
    [0, 3],
    [0, 0],
    [0, 3],
    [0, 0],
  ],
  getSpecialTokensMask: () => [1, 0, 1, 0, 1],
  getWordIds: () => [null, 0, null, 0, null],
};
const tokenizer = {
  modelSection: () => ({ continuing_subword_prefix: '##' }),
  token: () => 'bob',
  join: (words: readonly string[]) => words.join(' '),
  encodePair: async () => pair,
} as unknown as Tokenizer;
const NOT_NUMBERS = { code: 'FAILED_PRECONDITION', message: 'the model returned scores that are not numbers' };

describe.each([Number.NaN, Number.POSITIVE_INFINITY])('the logit %d', (logit) => {
  it.each(['none', 'simple', 'first', 'average', 'max'] as const)('fails entities by %s', (aggregation) => {
    const steps = new TokenClassificationSteps(
      { output: 'logits' } as TokenClassificationTask,
      ['O', 'WHO'],
      tokenizer,
    );
    const { finish } = steps.prepare([text('text', 'bob')], { aggregation });
    const encoded = {
      ids: [5],
      typeIds: [0],
      isTruncated: false,
      offsets: () => [[0, 3] as [number, number]],
      specials: () => [false],
    };
    expect(() => finish([{ encoded, values: [Float32Array.of(0, logit)] }])).toThrow(
      expect.objectContaining(NOT_NUMBERS),
    );
  });

  it('fails an answer', async () => {
    const task = { stride: 1, maxAnswerTokens: 5, tokenizer: { maxTokens: 8 } } as QuestionAnsweringTask;
    const { encode, finish } = new QuestionAnsweringSteps(task, tokenizer).prepare(
      [text('question', 'who'), text('context', 'bob')],
      {},
    );
    const [[encoded]] = (await encode!()) as [[never]];
    const values = [0, 1].map(() => Float32Array.of(0, 0, 0, logit, 0));
    expect(() => finish([{ encoded, values }])).toThrow(expect.objectContaining(NOT_NUMBERS));
  });
});
