import type { Manifest, ModelTask, TextTask, TextTokenizer } from '@modelship/runtime/manifest';
import { shapeText } from '@modelship/runtime/serve';
import type { EmbedSettings, TextSettings } from './text-settings.js';
import type { AddedToken } from './tokenizer-file.js';

/** Task and outputs of a package. */
export interface PackedTask {
  readonly task: ModelTask;
  /** Outputs of the model itself, with the labels of classes. */
  readonly outputs: Manifest['outputs'];
}

type Output = Manifest['outputs'][number];

/** Output that holds the classes of a text. */
const CLASSES = { rank: 2, name: 'logits', shape: '[-1, -1]' } as const;
/** Output that holds the classes of each token. */
const TOKEN_CLASSES = { rank: 3, name: 'logits', shape: '[-1, -1, -1]' } as const;

/** Outputs that hold the first and the last token of an answer. */
const ANSWER_STARTS = { rank: 2, name: 'start_logits', shape: '[-1, -1]' } as const;
const ANSWER_ENDS = 'end_logits';

/** Maximum number of tokens of a window, and of those that two windows share, as in the pipeline of Transformers. */
const MAX_WINDOW_TOKENS = 384;
const MAX_STRIDE = 128;

/** Outputs of each task but `embed`, which has several forms. */
const OUTPUTS = {
  rerank: CLASSES,
  text_classification: CLASSES,
  zero_shot_classification: CLASSES,
  token_classification: TOKEN_CLASSES,
  fill_mask: TOKEN_CLASSES,
  question_answering: ANSWER_STARTS,
} as const;

/** What the task of a package is made of. */
export interface TaskParts {
  readonly settings: TextSettings;
  readonly tokenizer: TextTokenizer;
  /** Token that stands for the mask, if the tokenizer has one. */
  readonly mask: AddedToken | undefined;
}

/**
 * Connects settings with the outputs of a model.
 *
 * @param outputs outputs of the model itself
 * @param source path of the weights, for errors
 * @returns a fault if no output fits
 */
export function packedTask(
  { settings, tokenizer, mask }: TaskParts,
  outputs: Manifest['outputs'],
  source: string,
): PackedTask | string {
  if (settings.type === 'embed') return embedTask(settings, tokenizer, outputs, source);
  const { rank, name, shape } = OUTPUTS[settings.type];
  const output = floatOutput(outputs, rank, name) ?? floatOutput(outputs, rank);
  if (!output) return `${source} has ${described(outputs)}; an output ${name} FP32 ${shape} is needed`;
  const shared = { tokenizer, output: output.name };
  switch (settings.type) {
    case 'rerank':
      return { task: { type: settings.type, ...shared, activation: settings.activation }, outputs };
    case 'question_answering': {
      const { maxAnswerTokens, type } = settings;
      const endOutput = floatOutput(outputs, 2, ANSWER_ENDS)?.name;
      if (output.name !== ANSWER_STARTS.name || endOutput === undefined) {
        return `${source} has ${described(outputs)}; the outputs ${ANSWER_STARTS.name} and ${ANSWER_ENDS} are needed`;
      }
      const maxTokens = Math.min(tokenizer.maxTokens, MAX_WINDOW_TOKENS);
      const stride = Math.min(Math.floor(maxTokens / 2), MAX_STRIDE);
      return {
        task: { type, ...shared, tokenizer: { ...tokenizer, maxTokens }, endOutput, stride, maxAnswerTokens },
        outputs,
      };
    }
    case 'fill_mask':
      if (!mask) return 'the tokenizer has no mask_token, which a model for fill_mask needs';
      return { task: { type: settings.type, ...shared, mask: mask.id, topK: settings.topK }, outputs };
    case 'text_classification':
    case 'token_classification':
    case 'zero_shot_classification': {
      const { labels, ...own } = settings;
      const width = output.shape.at(-1)!;
      if (width !== -1 && width !== labels.length) {
        return `config.json has ${labels.length} labels (id2label), and ${source} has ${width} classes in ${output.name}`;
      }
      const labelled = { ...output, shape: [...output.shape.slice(0, -1), labels.length], labels: [...labels] };
      return { task: { ...own, ...shared }, outputs: outputs.map((spec) => (spec === output ? labelled : spec)) };
    }
  }
}

function embedTask(
  { furtherSteps, normalize, pooling, prompts, defaultPrompt }: EmbedSettings,
  tokenizer: TextTokenizer,
  outputs: Manifest['outputs'],
  source: string,
): PackedTask | string {
  const names = pooling === 'splade' ? ['logits'] : ['last_hidden_state', 'token_embeddings'];
  const tokens = floatOutput(outputs, 3, ...names) ?? floatOutput(outputs, 3);
  const whole = floatOutput(outputs, 2, 'sentence_embedding');
  if (furtherSteps.length > 0 && !whole) {
    return (
      `${source} has no output sentence_embedding, and the model has steps that the server does not run: ` +
      `${furtherSteps.join(', ')}. Pack model.safetensors, whose export includes them`
    );
  }
  const output = furtherSteps.length > 0 ? whole : (tokens ?? whole);
  if (!output) return `${source} has ${described(outputs)}; an output ${names[0]} FP32 [-1, -1, -1] is needed`;
  const task: TextTask = {
    type: 'embed',
    tokenizer,
    output: output.name,
    ...(output === tokens && { pooling }),
    normalize,
    ...(Object.keys(prompts).length > 0 && { prompts: { ...prompts } }),
    ...(defaultPrompt !== undefined && { defaultPrompt }),
  };
  return { task, outputs };
}

/** Returns the output of a rank with one of the names, or else the first. */
function floatOutput(outputs: Manifest['outputs'], rank: number, ...names: string[]): Output | undefined {
  return outputs.find(
    ({ name, datatype, shape }) =>
      ['FP32', 'FP16'].includes(datatype) && shape.length === rank && (names.length === 0 || names.includes(name)),
  );
}

function described(outputs: Manifest['outputs']): string {
  return outputs.map((spec) => `${spec.name} ${spec.datatype} ${shapeText(spec)}`).join(', ');
}
