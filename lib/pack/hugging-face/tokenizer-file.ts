import type { TextTokenizer } from '@modelship/runtime/manifest';
import type { Json } from '../json-file.js';
import type { HuggingFaceFolder } from './folder.js';

/** Name of the file with the whole tokenizer, in folders of Hugging Face and in packages. */
export const TOKENIZER_FILE = 'tokenizer.json';

/** Components of a tokenizer that the package `tokenizers` 0.23 knows, by their place in `tokenizer.json`. */
export const TOKENIZER_COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  model: ['BPE', 'Unigram', 'WordLevel', 'WordPiece'],
  normalizer: [
    ...['BertNormalizer', 'ByteLevel', 'Lowercase', 'NFC', 'NFD', 'NFKC', 'NFKD', 'Nmt', 'Precompiled', 'Prepend'],
    ...['Replace', 'Sequence', 'Strip', 'StripAccents'],
  ],
  pre_tokenizer: [
    ...['BertPreTokenizer', 'ByteLevel', 'CharDelimiterSplit', 'Digits', 'FixedLength', 'Metaspace', 'Punctuation'],
    ...['Sequence', 'Split', 'UnicodeScripts', 'Whitespace', 'WhitespaceSplit'],
  ],
  post_processor: ['BertProcessing', 'ByteLevel', 'RobertaProcessing', 'Sequence', 'TemplateProcessing'],
  decoder: [
    ...['BPEDecoder', 'ByteFallback', 'ByteLevel', 'CTC', 'Fuse', 'Metaspace', 'Replace', 'Sequence', 'Strip'],
    'WordPiece',
  ],
};

/** Number of token IDs that a model may have more than its tokenizer, because sizes are rounded up for hardware. */
const SPARE_ROWS = 1024;

/** Number of tokens for models that record no limit. */
const DEFAULT_MAX_TOKENS = 512;

/** A limit of transformers that stands for no limit is far above every model's. */
const NO_LIMIT = 1_000_000;

/** Models whose positions start after the ID of padding, so that fewer tokens fit than they have positions. */
const OFFSET_POSITIONS = /^(?:xlm-)?roberta|^camembert|^mpnet|^longformer|^xmod|^data2vec-text|^ibert|^esm/;

/** Checks that `tokenizer.json` has only known components, and as many tokens as the model. Returns the faults. */
export function tokenizerFaults(folder: HuggingFaceFolder, file: Json, path: string): string[] {
  const faults: string[] = [];
  for (const [place, known] of Object.entries(TOKENIZER_COMPONENTS)) {
    for (const [where, type] of componentTypes(file[place], place)) {
      if (known.includes(type)) continue;
      faults.push(
        `${path}: ${where} has the type ${JSON.stringify(type)}, which \`tokenizers\` does not know. It knows ${known.join(', ')}`,
      );
    }
  }
  faults.push(...vocabularyFaults(folder, file, path), ...contradictions(folder, file, path));
  return faults;
}

/** Returns the types of a component and of those within it, with their places. */
function componentTypes(component: unknown, place: string): [string, string][] {
  if (component === null || typeof component !== 'object') return [];
  const { type, ...fields } = component as Json;
  // Older files leave out the type of the vocabulary, which its fields then identify.
  const own: [string, string][] = typeof type === 'string' ? [[place, type]] : [];
  const nested = ['normalizers', 'pretokenizers', 'processors', 'decoders'].flatMap((name) => {
    const list = fields[name];
    return Array.isArray(list) ? list.flatMap((each, index) => componentTypes(each, `${place}.${name}[${index}]`)) : [];
  });
  return [...own, ...nested];
}

function vocabularyFaults({ config }: HuggingFaceFolder, file: Json, path: string): string[] {
  const rows = vocabularySize(config);
  const last = largestTokenId(file);
  if (last === undefined) return [`${path}: model.vocab has no tokens`];
  if (rows === undefined) return [];
  const tokens = last + 1;
  if (tokens <= rows && rows - tokens <= Math.max(SPARE_ROWS, rows / 10)) return [];
  return [
    `${path} has ${tokens} token IDs, and the model has embeddings for ${rows} (\`vocab_size\` in config.json). Use the ` +
      'tokenizer that the model was trained with',
  ];
}

function vocabularySize(config: Json): number | undefined {
  const size = config.vocab_size ?? (config.text_config as Json | undefined)?.vocab_size;
  return typeof size === 'number' ? size : undefined;
}

/** Returns the largest ID that the tokenizer may give. Undefined if it has no tokens. */
export function largestTokenId(file: Json): number | undefined {
  let largest = -1;
  const vocab = (file.model as Json | undefined)?.vocab;
  if (Array.isArray(vocab)) largest = vocab.length - 1;
  else for (const id of Object.values((vocab ?? {}) as Json)) largest = Math.max(largest, Number(id));
  for (const { id } of addedTokens(file)) largest = Math.max(largest, id);
  return largest < 0 ? undefined : largest;
}

/** Finds settings of Python's tokenizer that change its tokens, and that `tokenizer.json` contradicts. */
function contradictions(folder: HuggingFaceFolder, file: Json, path: string): string[] {
  const lower = folder.json('tokenizer_config.json')?.do_lower_case;
  const normalizer = file.normalizer as Json | null | undefined;
  if (typeof lower !== 'boolean' || normalizer?.type !== 'BertNormalizer' || normalizer.lowercase === lower) return [];
  return [
    `${path}: normalizer.lowercase is ${normalizer.lowercase}, and do_lower_case in tokenizer_config.json is ${lower}. ` +
      'Save both again with `AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)`',
  ];
}

/** A token with an ID of its own. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
}

function addedTokens(file: Json): readonly AddedToken[] {
  return Array.isArray(file.added_tokens) ? file.added_tokens : [];
}

/** Returns how texts become tokens, and notes about what the folder does not say. */
export function tokenizerSettings(
  folder: HuggingFaceFolder,
  file: Json,
): { readonly tokenizer: TextTokenizer; readonly notes: readonly string[] } {
  const own = folder.json('tokenizer_config.json') ?? {};
  const limit = maxTokens(folder, own);
  return {
    tokenizer: {
      file: TOKENIZER_FILE,
      maxTokens: limit ?? DEFAULT_MAX_TOKENS,
      truncationSide: own.truncation_side === 'left' ? 'left' : 'right',
      padding: {
        id: paddingId(folder, file),
        typeId: typeof own.pad_token_type_id === 'number' ? own.pad_token_type_id : 0,
        side: own.padding_side === 'left' ? 'left' : 'right',
      },
    },
    notes:
      limit === undefined
        ? [
            `the folder records no maximum number of tokens: texts are truncated to ${DEFAULT_MAX_TOKENS}. Set ` +
              '`model_max_length` in tokenizer_config.json to change it',
          ]
        : [],
  };
}

/** Names of the file with the settings of sentence-transformers. The first is used now, the others by old versions. */
const SENTENCE_CONFIGS = ['bert', 'roberta', 'distilbert', 'camembert', 'albert', 'xlm-roberta', 'xlnet'].map(
  (model) => `sentence_${model}_config.json`,
);

/** Returns the settings of sentence-transformers for the transformer. Empty if another library saved the model. */
export function sentenceConfig(folder: HuggingFaceFolder): Json {
  for (const name of SENTENCE_CONFIGS) {
    const found = folder.json(name);
    if (found) return found;
  }
  return {};
}

/** Returns the limit of sentence-transformers or else of the tokenizer, and at most the number of positions. */
function maxTokens(folder: HuggingFaceFolder, own: Json): number | undefined {
  const { config } = folder;
  const positions = config.max_position_embeddings ?? config.n_positions;
  const isOffset = OFFSET_POSITIONS.test(String(config.model_type));
  const padding = typeof config.pad_token_id === 'number' ? config.pad_token_id : 0;
  const limits = [
    sentenceConfig(folder).max_seq_length ?? own.model_max_length,
    typeof positions === 'number' && isOffset ? positions - padding - 1 : positions,
  ].filter((limit): limit is number => typeof limit === 'number' && limit > 0 && limit < NO_LIMIT);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Returns the ID of the padding token. Models without one ignore what is there, because the mask leaves it out. */
function paddingId(folder: HuggingFaceFolder, file: Json): number {
  const id = specialToken(folder, file, 'pad_token')?.id ?? folder.config.pad_token_id;
  return typeof id === 'number' ? id : 0;
}

/** Special tokens of the original BERT and RoBERTa, which most models keep. */
const USUAL_TOKENS: Readonly<Record<'mask_token' | 'pad_token', readonly string[]>> = {
  mask_token: ['[MASK]', '<mask>'],
  pad_token: ['[PAD]', '<pad>'],
};

/** Returns a special token by its role, such as `mask_token`. Undefined if the tokenizer has none. */
export function specialToken(
  folder: HuggingFaceFolder,
  file: Json,
  role: 'mask_token' | 'pad_token',
): AddedToken | undefined {
  const places = ['tokenizer_config.json', 'special_tokens_map.json'].map((name) => folder.json(name)?.[role]);
  const token = places.find((each) => each !== undefined && each !== null);
  // Older folders do not name the roles of their special tokens.
  const usual = addedTokens(file).find((each) => USUAL_TOKENS[role].includes(each.content))?.content;
  const content = typeof token === 'object' ? (token as Json).content : (token ?? usual);
  if (typeof content !== 'string') return undefined;
  const id = tokenId(file, content);
  return id === undefined ? undefined : { id, content };
}

function tokenId(file: Json, content: string): number | undefined {
  const added = addedTokens(file).find((token) => token.content === content);
  if (added) return added.id;
  const vocab = (file.model as Json | undefined)?.vocab;
  if (Array.isArray(vocab)) {
    const index = vocab.findIndex(([token]) => token === content);
    return index === -1 ? undefined : index;
  }
  const id = (vocab as Json | undefined)?.[content];
  return typeof id === 'number' ? id : undefined;
}
