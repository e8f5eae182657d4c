import type { Manifest, TextTask } from '../../../runtime/src/manifest/index.js';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';

import type { InferenceRequest } from '../../../runtime/src/tensor/request.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';
import { model } from './support.js';

const WORDS = ['[CLS]', '[SEP]', 'good', 'bad', 'film'];

const TOKENIZER: TextTask['tokenizer'] = {
  file: 'tokenizer.json',
  maxTokens: 8,
  truncationSide: 'right',
  padding: { id: 0, typeId: 0, side: 'right' },
};

/** What a model of these tests was called with. */
export interface TextCalls {
  readonly requests: InferenceRequest[];
}

const texts = (tensor: Tensor | undefined) => (tensor!.data as Buffer[]).map(String);

/** Counts words, so that tests can compute what a model must answer. */
const count = (text: string, word: string) => text.split(/\s+/).filter((each) => each === word).length;

function textModel(
  name: string,
  task: TextTask,
  signature: Pick<Manifest, 'inputs' | 'outputs'>,
  compute: (columns: readonly (readonly string[])[], request: InferenceRequest) => Tensor | Tensor[],
  more: Partial<ServedModel> = {},
): ServedModel & TextCalls {
  const requests: InferenceRequest[] = [];
  const { inputs, outputs } = signature;
  const made = model({
    name,
    manifest: { name, format: 'onnx', task, inputs, outputs, digest: `sha256:${'0'.repeat(64)}` } as Manifest,
    inputs,
    outputs,
    compute: (columns, request) => {
      requests.push(request);
      return [compute(columns.map(texts), request)].flat();
    },
    ...more,
  });
  const { infer } = made;
  return {
    ...made,
    requests,
    async infer(request) {
      const { outputs } = await infer(request);
      const tokens = request.inputs.flatMap(texts).reduce((sum, text) => sum + text.split(/\s+/).length + 2, 0);
      return {
        outputs,
        usage: { tokens, truncated: 0 },
      };
    },
  };
}

const one = (name: string) => [{ name, datatype: 'BYTES' as const, shape: [-1] }];

/** Embeds a text as the numbers of `good`, `bad` and `film` in it. */
export function embedder(name = 'words', more: Partial<ServedModel> = {}): ServedModel & TextCalls {
  const task: TextTask = { type: 'embed', tokenizer: TOKENIZER, output: 'hidden', pooling: 'mean', normalize: false };
  const outputs = [{ name: 'embedding', datatype: 'FP32' as const, shape: [-1, 3] }];
  return textModel(
    name,
    task,
    { inputs: one('text'), outputs },
    ([column], { text: { normalize, dimensions = 3 } = {} }) => {
      const vectors = column!.map((text) => {
        const vector = ['good', 'bad', 'film'].map((word) => count(text, word)).slice(0, dimensions);
        const norm = normalize ? Math.hypot(...vector) || 1 : 1;
        return vector.map((value) => value / norm);
      });
      return { ...outputs[0]!, shape: [vectors.length, dimensions], data: Float32Array.from(vectors.flat()) };
    },
    {
      tokens: {
        encode: async () => [],
        tokenize: async (all) =>
          all.map((text) => {
            let start = 0;
            return text.split(' ').map((word) => {
              const token = { id: WORDS.indexOf(word), text: word, special: false, start, end: start + word.length };
              start += word.length + 1;
              return token;
            });
          }),
        decode: async (all) => all.map((ids) => ids.map((id) => WORDS[id]).join(' ')),
      },
      ...more,
    },
  );
}

/** Scores a text by how many of its words are in the query. */
export function reranker(name = 'ranker'): ServedModel & TextCalls {
  const task: TextTask = { type: 'rerank', tokenizer: TOKENIZER, output: 'logits', activation: 'none' };
  const outputs = [{ name: 'score', datatype: 'FP32' as const, shape: [-1] }];
  return textModel(
    name,
    task,
    { inputs: [...one('query'), ...one('text')], outputs },
    ([queries, column], { text: { activation } = {} }) => {
      const logits = column!.map((text, row) =>
        queries![row]!.split(' ').reduce((sum, word) => sum + count(text, word), 0),
      );
      const data = logits.map((logit) => (activation === 'sigmoid' ? 1 / (1 + Math.exp(-logit)) : logit));
      return { ...outputs[0]!, shape: [data.length], data: Float32Array.from(data) };
    },
  );
}

/** Classifies a text by the numbers of `good` and `bad` in it. */
export function classifier(name = 'mood'): ServedModel & TextCalls {
  const task: TextTask = { type: 'text_classification', tokenizer: TOKENIZER, output: 'logits', activation: 'softmax' };
  const outputs = [{ name: 'scores', datatype: 'FP32' as const, shape: [-1, 2], labels: ['POSITIVE', 'NEGATIVE'] }];
  return textModel(
    name,
    task,
    { inputs: one('text'), outputs },
    ([column], { text: { activation = 'softmax' } = {} }) => {
      const rows = column!.map((text) => {
        const logits = [count(text, 'good'), count(text, 'bad')];
        if (activation === 'none') return logits;
        const powers = logits.map(Math.exp);
        return powers.map((power) => power / (powers[0]! + powers[1]!));
      });
      return { ...outputs[0]!, shape: [rows.length, 2], data: Float32Array.from(rows.flat()) };
    },
  );
}

/** Finds the word `film` in each text. */
export function finder(name = 'finder'): ServedModel & TextCalls {
  const task: TextTask = {
    type: 'token_classification',
    tokenizer: TOKENIZER,
    output: 'logits',
    aggregation: 'simple',
  };
  const outputs = [{ name: 'entities', datatype: 'BYTES' as const, shape: [-1] }];
  return textModel(name, task, { inputs: one('text'), outputs }, ([column]) => {
    const data = column!.map((text) => {
      const start = text.indexOf('film');
      const entities = [
        { entity_group: 'WORK', score: 0.5, word: 'film', start, end: start + 4 },
        { entity_group: 'REST', score: 0.5, word: text.slice(0, start), start: 0, end: start },
      ];
      return Buffer.from(JSON.stringify(entities));
    });
    return { ...outputs[0]!, shape: [data.length], data };
  });
}

/** Scores a label by how often it is in the text. */
export function labeller(name = 'labeller'): ServedModel & TextCalls {
  const task: TextTask = {
    type: 'zero_shot_classification',
    tokenizer: TOKENIZER,
    output: 'logits',
    entailment: 0,
    hypothesisTemplate: 'This is {}.',
  };
  const labels = { name: 'labels', datatype: 'BYTES' as const, shape: [-1, -1] };
  const outputs = [{ name: 'scores', datatype: 'FP32' as const, shape: [-1, -1] }];
  return textModel(name, task, { inputs: [...one('text'), labels], outputs }, ([column, all], { inputs }) => {
    const width = inputs[1]!.shape[1]!;
    const data = Float32Array.from(all!, (label, index) => count(column![Math.floor(index / width)]!, label));
    return { ...outputs[0]!, shape: [column!.length, width], data };
  });
}

/** Answers every question with the first word of its context. */
export function answerer(name = 'answerer'): ServedModel & TextCalls {
  const task: TextTask = {
    type: 'question_answering',
    tokenizer: TOKENIZER,
    output: 'start_logits',
    endOutput: 'end_logits',
    stride: 4,
    maxAnswerTokens: 15,
  };
  const outputs = [
    { name: 'answer', datatype: 'BYTES' as const, shape: [-1] },
    { name: 'score', datatype: 'FP32' as const, shape: [-1] },
    { name: 'start', datatype: 'INT64' as const, shape: [-1] },
    { name: 'end', datatype: 'INT64' as const, shape: [-1] },
  ];
  return textModel(name, task, { inputs: [...one('question'), ...one('context')], outputs }, ([, contexts]) => {
    const words = contexts!.map((context) => context.split(' ', 1)[0]!);
    const data = [
      words.map((word) => Buffer.from(word)),
      Float32Array.from(words, () => 0.5),
      BigInt64Array.from(words, () => 0n),
      BigInt64Array.from(words, ({ length }) => BigInt(length)),
    ];
    return outputs.map((spec, index) => ({ ...spec, shape: [words.length], data: data[index]! }));
  });
}
