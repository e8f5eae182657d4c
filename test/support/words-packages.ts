import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ManifestTensor, TextTask } from '@modelship/runtime/manifest';
import { SAMPLES_FILE } from '@modelship/runtime/manifest';
import { writePackage } from './packages.js';

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'very', 'good', 'bad', 'film', ':'];
const id = (word: string) => VOCABULARY.indexOf(word);
const special = (name: string) => ({ SpecialToken: { id: name, type_id: 0 } });
const sequence = (name: string) => ({ Sequence: { id: name, type_id: 0 } });

/** A tokenizer of ten words, which adds `[CLS]` and `[SEP]`. */
const TOKENIZER_JSON = JSON.stringify({
  version: '1.0',
  added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((content) => ({
    id: id(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [special('[CLS]'), sequence('A'), special('[SEP]')],
    pair: [special('[CLS]'), sequence('A'), special('[SEP]'), sequence('B'), special('[SEP]')],
    special_tokens: Object.fromEntries(
      ['[CLS]', '[SEP]'].map((name) => [name, { id: name, ids: [id(name)], tokens: [name] }]),
    ),
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(VOCABULARY.map((word, index) => [word, index])),
  },
});

const TOKENIZER: TextTask['tokenizer'] = {
  file: 'tokenizer.json',
  maxTokens: 16,
  truncationSide: 'right',
  padding: { id: 0, typeId: 0, side: 'right' },
};

const ids = (name: string): ManifestTensor => ({ name, datatype: 'INT64', shape: [-1, -1] });
const texts = (name: string): ManifestTensor => ({ name, datatype: 'BYTES', shape: [-1] });

interface TextModel {
  /** Name of the file in test/fixtures. @default - the name of the model */
  readonly file?: string;
  readonly task: TextTask;
  readonly inputs: ManifestTensor[];
  readonly outputs: ManifestTensor[];
  /** The model's own output. */
  readonly own: ManifestTensor;
}

/** Models of words, by name. */
const MODELS = {
  words_embed: {
    task: { type: 'embed', tokenizer: TOKENIZER, output: 'last_hidden_state', pooling: 'mean', normalize: true },
    inputs: [texts('text')],
    outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 4] }],
    own: { name: 'last_hidden_state', datatype: 'FP32', shape: [-1, -1, 4] },
  },
  words_rank: {
    task: { type: 'rerank', tokenizer: TOKENIZER, output: 'logits', activation: 'sigmoid' },
    inputs: [texts('query'), texts('text')],
    outputs: [{ name: 'score', datatype: 'FP32', shape: [-1] }],
    own: { name: 'logits', datatype: 'FP32', shape: [-1, 1] },
  },
  words_classify: {
    task: { type: 'text_classification', tokenizer: TOKENIZER, output: 'logits', activation: 'softmax' },
    inputs: [texts('text')],
    outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 2], labels: ['POSITIVE', 'NEGATIVE'] }],
    own: { name: 'logits', datatype: 'FP32', shape: [-1, 2], labels: ['POSITIVE', 'NEGATIVE'] },
  },
  words_tag: {
    task: { type: 'token_classification', tokenizer: TOKENIZER, output: 'logits', aggregation: 'simple' },
    inputs: [texts('text')],
    outputs: [texts('entities')],
    own: { name: 'logits', datatype: 'FP32', shape: [-1, -1, 2], labels: ['O', 'B-WORK'] },
  },
  words_label: {
    file: 'words_classify',
    task: {
      type: 'zero_shot_classification',
      tokenizer: TOKENIZER,
      output: 'logits',
      entailment: 0,
      hypothesisTemplate: 'very {}',
    },
    inputs: [texts('text'), { name: 'labels', datatype: 'BYTES', shape: [-1, -1] }],
    outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, -1] }],
    own: { name: 'logits', datatype: 'FP32', shape: [-1, 2] },
  },
  words_fill: {
    task: { type: 'fill_mask', tokenizer: TOKENIZER, output: 'logits', mask: id('[UNK]'), topK: 3 },
    inputs: [texts('text')],
    outputs: [
      { name: 'score', datatype: 'FP32', shape: [-1, -1] },
      { name: 'token', datatype: 'INT64', shape: [-1, -1] },
      { name: 'token_str', datatype: 'BYTES', shape: [-1, -1] },
      { name: 'sequence', datatype: 'BYTES', shape: [-1, -1] },
    ],
    own: { name: 'logits', datatype: 'FP32', shape: [-1, -1, 10] },
  },
  words_sparse: {
    file: 'words_tag',
    task: { type: 'embed', tokenizer: TOKENIZER, output: 'logits', pooling: 'splade', normalize: false },
    inputs: [texts('text')],
    outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 2] }],
    own: { name: 'logits', datatype: 'FP32', shape: [-1, -1, 2] },
  },
} as const satisfies Record<string, TextModel>;

/** Name of a model of words. */
export type WordsModel = keyof typeof MODELS;

/** A golden sample of `words_embed`. NumPy computed the vectors from the table in test/fixtures/words_models.py. */
export const EMBEDDED = {
  texts: ['a very good film', 'bad'],
  vectors: [
    [0.6255357, 0.5597259, 0.0279279, 0.5428002],
    [0.3749911, 0.8288924, 0.0039393, 0.4150947],
  ],
} as const;

const SAMPLES: Partial<Record<WordsModel, object>> = {
  words_embed: {
    request: { inputs: [{ name: 'text', datatype: 'BYTES', shape: [2], data: EMBEDDED.texts }] },
    response: { outputs: [{ name: 'embedding', datatype: 'FP32', shape: [2, 4], data: EMBEDDED.vectors.flat() }] },
  },
};

/** Writes the package of a model that reads texts of ten words, and returns its folder. */
export function writeWordsPackage(model: WordsModel, overrides: Partial<Pick<Manifest, 'name'>> = {}): string {
  const { file = model, task, inputs, outputs, own }: TextModel = MODELS[model];
  const samples = [SAMPLES[model] ?? []].flat();
  const onnx = readFileSync(join(import.meta.dirname, '../fixtures', `${file}.onnx`));
  return writePackage({
    name: model,
    task,
    inputs,
    outputs,
    signatures: { tensors: { inputs: [ids('input_ids'), ids('attention_mask')], outputs: [own] } },
    content: { 'model.onnx': onnx, 'tokenizer.json': TOKENIZER_JSON, [SAMPLES_FILE]: JSON.stringify(samples) },
    samples: { count: samples.length, tolerance: { absolute: 1e-6, relative: 1e-5 } },
    ...overrides,
  });
}
