import type { Aggregation, Pooling } from '@modelship/runtime/manifest';
import type { Json } from '../json-file.js';
import type { HuggingFaceFolder } from './folder.js';
import { labelList } from './labels.js';
import { type TaskType, TEXT_TASKS } from './text-tasks.js';
import { sentenceConfig, TOKENIZER_FILE } from './tokenizer-file.js';

/** What a folder says about its task. */
export type TextSettings =
  | EmbedSettings
  | RerankSettings
  | ClassificationSettings
  | TokenClassificationSettings
  | ZeroShotSettings
  | QuestionAnsweringSettings
  | FillMaskSettings;

export interface EmbedSettings {
  readonly type: 'embed';
  readonly pooling: Pooling;
  readonly normalize: boolean;
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPrompt?: string;
  /** Steps after the transformer that only a graph of the whole model has, such as `Dense (2_Dense)`. */
  readonly furtherSteps: readonly string[];
}

export interface RerankSettings {
  readonly type: 'rerank';
  readonly activation: 'none' | 'sigmoid';
}

export interface ClassificationSettings {
  readonly type: 'text_classification';
  readonly activation: 'none' | 'sigmoid' | 'softmax';
  readonly labels: readonly string[];
}

export interface TokenClassificationSettings {
  readonly type: 'token_classification';
  readonly aggregation: Aggregation;
  readonly labels: readonly string[];
}

export interface ZeroShotSettings {
  readonly type: 'zero_shot_classification';
  readonly entailment: number;
  readonly hypothesisTemplate: string;
  readonly labels: readonly string[];
}

export interface QuestionAnsweringSettings {
  readonly type: 'question_answering';
  readonly maxAnswerTokens: number;
}

export interface FillMaskSettings {
  readonly type: 'fill_mask';
  readonly topK: number;
}

/** How tokens are joined unless a request chooses, as on Hugging Face's own inference service. */
const AGGREGATION = 'simple';

/** Hypothesis about a text, and the limits of suggestions and answers, as in the pipelines of Transformers. */
const HYPOTHESIS_TEMPLATE = 'This example is {}.';
const TOP_K = 5;
const MAX_ANSWER_TOKENS = 15;

/** Collects what is wrong with a folder, and what people should know about its package. */
export interface Findings {
  readonly faults: string[];
  readonly notes: string[];
}

/**
 * Reads the task of a folder and its settings. Returns undefined if there is none that can be served, and then adds a fault.
 *
 * @param chosen task that the user chose @default - the one that the folder was saved for
 */
export function textSettings(
  folder: HuggingFaceFolder,
  chosen: TaskType | undefined,
  findings: Findings,
): TextSettings | undefined {
  if (folder.config.auto_map !== undefined) {
    findings.faults.push(
      'config.json: auto_map names Python code of the model, which is never run. Export the model to ONNX yourself, and ' +
        'remove auto_map',
    );
  }
  switch (chosen ?? taskOf(folder, findings)) {
    case 'embed':
      return embedSettings(folder, findings);
    case 'rerank':
      return rerankSettings(folder, findings);
    case 'text_classification':
      return classificationSettings(folder, findings);
    case 'token_classification':
      return { type: 'token_classification', aggregation: AGGREGATION, labels: labelsOf(folder.config, findings) };
    case 'zero_shot_classification':
      return zeroShotSettings(folder, findings);
    case 'question_answering':
      return { type: 'question_answering', maxAnswerTokens: MAX_ANSWER_TOKENS };
    case 'fill_mask':
      return { type: 'fill_mask', topK: TOP_K };
    default:
      return undefined;
  }
}

function taskOf(folder: HuggingFaceFolder, { faults }: Findings): TaskType | undefined {
  const kind = folder.rootJson('config_sentence_transformers.json')?.model_type;
  const labels = labelCount(folder.config);
  const { problem_type: problem } = folder.config;
  const { architecture = '' } = folder;
  if (folder.modules && kind !== 'CrossEncoder' && !/ForSequenceClassification$/.test(architecture)) return 'embed';
  if (/ForSequenceClassification$/.test(architecture)) {
    if (entailmentOf(folder.config) !== undefined && kind !== 'CrossEncoder') return 'zero_shot_classification';
    return labels === 1 && (kind === 'CrossEncoder' || problem !== 'regression') ? 'rerank' : 'text_classification';
  }
  if (/ForTokenClassification$/.test(architecture)) return 'token_classification';
  if (/ForQuestionAnswering(?:Simple)?$/.test(architecture)) return 'question_answering';
  if (/ForMaskedLM$/.test(architecture)) return 'fill_mask';
  if (/(?:Model|EncoderModel)$/.test(architecture)) return 'embed';
  const isGenerator = /For(?:CausalLM|ConditionalGeneration)$|LMHeadModel$/.test(architecture);
  faults.push(
    `config.json: architectures is ${architecture || 'missing'}; ` +
      (isGenerator
        ? 'models that generate text are served by `ModelServer.vllm()`, not by this server'
        : `no task is known for it. Choose one of ${TEXT_TASKS.join(', ')} with \`--task\``),
  );
  return undefined;
}

/** Modules of sentence-transformers that run a model of Transformers. */
const TRANSFORMERS = ['Transformer', 'MLMTransformer'];

/** Modules of sentence-transformers that change nothing when a model only predicts. */
const IDLE_MODULES = ['Dropout'];

function embedSettings(folder: HuggingFaceFolder, findings: Findings): EmbedSettings {
  const { faults, notes } = findings;
  const config = folder.rootJson('config_sentence_transformers.json') ?? {};
  const prompts = (config.prompts ?? {}) as Readonly<Record<string, string>>;
  const defaultPrompt = typeof config.default_prompt_name === 'string' ? config.default_prompt_name : undefined;
  const similarity = config.similarity_fn_name ?? 'cosine';
  if (similarity !== 'cosine') {
    notes.push(`similarity_fn_name is ${similarity}: callers that compare vectors must use it themselves`);
  }
  if (sentenceConfig(folder).do_lower_case === true && !lowersCase(folder)) {
    faults.push(
      'sentence_bert_config.json: do_lower_case is true, and tokenizer.json keeps upper case. Add a Lowercase normalizer to it',
    );
  }
  const shared = {
    type: 'embed',
    prompts: { ...prompts },
    ...(defaultPrompt !== undefined && { defaultPrompt }),
  } as const;
  if (!folder.modules) {
    notes.push('modules.json is missing: vectors are the mean of the tokens, as sentence-transformers makes them then');
    return { ...shared, pooling: 'mean', normalize: false, furtherSteps: [] };
  }
  const modules = folder.modules.map(({ type, path }) => ({
    kind: String(type).split('.').at(-1)!,
    path: String(path),
  }));
  if (!TRANSFORMERS.includes(modules[0]?.kind ?? '')) {
    faults.push(
      `modules.json: the first module is ${modules[0]?.kind ?? 'missing'}; only ${TRANSFORMERS.join(' and ')} are served`,
    );
  }
  let pooling: Pooling | undefined;
  let normalize = false;
  const furtherSteps: string[] = [];
  const steps = modules.slice(1).filter(({ kind }) => !IDLE_MODULES.includes(kind));
  for (const [index, { kind, path }] of steps.entries()) {
    if (kind === 'Pooling' && pooling === undefined) {
      const settings = folder.rootJson(`${path}/config.json`);
      if (!settings) {
        faults.push(`${path}/config.json is missing, which modules.json names`);
        continue;
      }
      const modes = poolingModes(settings);
      pooling = modes.length === 1 ? POOLING_MODES[modes[0]!] : undefined;
      if (!pooling) furtherSteps.push(`pooling by ${modes.join(' and ')}`);
      if (settings.include_prompt === false && Object.values(prompts).some((prompt) => prompt !== '')) {
        faults.push(
          `${path}/config.json: include_prompt is false, and the model has prompts. Their tokens would be pooled`,
        );
      }
    } else if (kind === 'SpladePooling' && pooling === undefined) {
      const { pooling_strategy: strategy = 'max', activation_function: activation = 'relu' } =
        folder.rootJson(`${path}/config.json`) ?? {};
      if (strategy === 'max' && activation === 'relu') pooling = 'splade';
      else furtherSteps.push(`${kind} by ${strategy} and ${activation}`);
    } else if (kind === 'Normalize' && index === steps.length - 1) {
      normalize = true;
    } else {
      furtherSteps.push(path === '' ? kind : `${kind} (${path})`);
    }
  }
  if (!pooling && furtherSteps.length === 0)
    faults.push('modules.json has no Pooling, so that it gives no vector for a text');
  return { ...shared, pooling: pooling ?? 'mean', normalize, furtherSteps };
}

/** Poolings by the names that sentence-transformers has for them. */
const POOLING_MODES: Readonly<Record<string, Pooling>> = {
  cls: 'cls',
  mean: 'mean',
  max: 'max',
  lasttoken: 'last_token',
};

/** Names that older versions wrote as one boolean for each. */
const LEGACY_POOLING_MODES: readonly (readonly [string, string])[] = [
  ['pooling_mode_cls_token', 'cls'],
  ['pooling_mode_max_tokens', 'max'],
  ['pooling_mode_mean_tokens', 'mean'],
  ['pooling_mode_mean_sqrt_len_tokens', 'mean_sqrt_len_tokens'],
  ['pooling_mode_weightedmean_tokens', 'weightedmean'],
  ['pooling_mode_lasttoken', 'lasttoken'],
];

function poolingModes(settings: Json): string[] {
  const { pooling_mode: mode } = settings;
  if (mode !== undefined) return (Array.isArray(mode) ? mode : [mode]).map(String);
  const modes = LEGACY_POOLING_MODES.filter(([key]) => settings[key] === true).map(([, name]) => name);
  return modes.length === 0 ? ['mean'] : modes;
}

function lowersCase(folder: HuggingFaceFolder): boolean {
  return /"type":\s*"Lowercase"|"lowercase":\s*true/.test(
    JSON.stringify(folder.json(TOKENIZER_FILE)?.normalizer ?? null),
  );
}

function rerankSettings(folder: HuggingFaceFolder, { faults, notes }: Findings): RerankSettings {
  const labels = labelCount(folder.config);
  if (labels !== 1) faults.push(`config.json: a model that reranks has one label, got ${labels}`);
  const own = folder.rootJson('config_sentence_transformers.json') ?? {};
  const former = folder.config.sentence_transformers as Json | undefined;
  const name = own.activation_fn ?? former?.activation_fn ?? folder.config.sbert_ce_default_activation_function;
  const kind = typeof name === 'string' ? name.split('.').at(-1)! : 'Sigmoid';
  if (kind !== 'Sigmoid' && kind !== 'Identity') {
    faults.push(`the activation of the model is ${name}; Sigmoid and Identity are served`);
  }
  if (typeof own.default_prompt_name === 'string') {
    notes.push(
      `the default prompt ${JSON.stringify(own.default_prompt_name)} is not kept: callers put it before the query`,
    );
  }
  return { type: 'rerank', activation: kind === 'Identity' ? 'none' : 'sigmoid' };
}

function classificationSettings({ config }: HuggingFaceFolder, findings: Findings): ClassificationSettings {
  const labels = labelsOf(config, findings);
  const isMulti = config.problem_type === 'multi_label_classification' || labels.length === 1;
  return {
    type: 'text_classification',
    activation: config.problem_type === 'regression' ? 'none' : isMulti ? 'sigmoid' : 'softmax',
    labels,
  };
}

function zeroShotSettings({ config }: HuggingFaceFolder, findings: Findings): ZeroShotSettings {
  const labels = labelsOf(config, findings);
  const entailment = entailmentOf(config);
  if (entailment === undefined) {
    findings.faults.push(
      `config.json: a model for zero_shot_classification has a label that starts with "entail", got ${labels.join(', ')} ` +
        '(id2label)',
    );
  }
  return {
    type: 'zero_shot_classification',
    entailment: entailment ?? 0,
    hypothesisTemplate: HYPOTHESIS_TEMPLATE,
    labels,
  };
}

/** Returns the index of the class of texts from which a hypothesis follows, as Transformers finds it. */
function entailmentOf({ id2label }: Json): number | undefined {
  const found = Object.entries((id2label ?? {}) as Json).find(([, label]) => /^entail/i.test(String(label)));
  return found && Number(found[0]);
}

function labelsOf(config: Json, { faults }: Findings): string[] {
  const labels = labelList((config.id2label ?? {}) as Json, labelCount(config));
  if (new Set(labels).size !== labels.length) faults.push('config.json: id2label has the same label more than once');
  return labels;
}

/** Returns the number of classes. Transformers has two unless a configuration says otherwise. */
function labelCount({ id2label, num_labels: count }: Json): number {
  if (id2label !== null && typeof id2label === 'object') return Object.keys(id2label).length;
  return typeof count === 'number' ? count : 2;
}
