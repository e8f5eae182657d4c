// The small build of zod is used, because the full build with forty languages takes longer to load than a model. Only
// this file and signature/schema.ts import zod, so that it can be bundled into these modules.

import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import type { Reference } from '../drift/columns.js';
import { DATATYPES, type Datatype } from '../tensor/datatype.js';
import { DIGEST, SHA256, VERSION } from './patterns.js';

/** File name of the manifest in a model package. */
export const MANIFEST_FILE = 'model.json';

/** File name of the golden samples in a model package. */
export const SAMPLES_FILE = 'samples.json';

/** File name of the background of explanations in a model package. */
export const BACKGROUND_FILE = 'background.json';

/** File name of the distributions of the inputs in a model package. */
export const REFERENCE_FILE = 'reference.json';

/** Formats of saved models. */
export const MODEL_FORMATS = [
  'onnx',
  'saved_model',
  'torchscript',
  'exported_program',
  'torch_pickle',
  'pickle',
  'skops',
  'lightgbm',
  'xgboost',
  'catboost',
  'npz',
  'handler',
] as const;

/** Format of a saved model. */
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** Formats that can run code from the file when loaded. */
export const PICKLE_FORMATS: readonly ModelFormat[] = ['exported_program', 'torch_pickle', 'pickle'];

/** Option that declares trust in files of a format, in code. */
export type Trust = 'trustPickle' | 'trustCode';

/** Returns the option that a format needs because its files can run code. Undefined for formats that cannot. */
export function trustFor(format: ModelFormat): Trust | undefined {
  if (format === 'handler') return 'trustCode';
  return PICKLE_FORMATS.includes(format) ? 'trustPickle' : undefined;
}

/** Interfaces of handlers: Modelship's own, and those of other servers. */
export const HANDLER_KINDS = ['modelship', 'torchserve', 'sagemaker', 'mlflow'] as const;

/** Interface of a handler. */
export type HandlerKind = (typeof HANDLER_KINDS)[number];

/** Formats of models that take rows of a table: estimators and boosted trees. */
export const TABULAR_FORMATS: readonly ModelFormat[] = ['pickle', 'skops', 'lightgbm', 'xgboost', 'catboost'];

/** Tools whose artefacts `modelship pack` reads. The server responds as they do. */
export const ORIGINS = [
  'mlflow',
  'sagemaker',
  'torchserve',
  'triton',
  'tensorflow_serving',
  'mlserver',
  'bentoml',
] as const;

/** Tool that saved the model of a package. */
export type ModelOrigin = (typeof ORIGINS)[number];

// Without the locale, every message would only say that the input is invalid.
// Compiling a schema that is used only once is not worthwhile.
z.config({ ...en(), jitless: true });

const text = (pattern: RegExp, rule: string) => z.string().check(z.regex(pattern, rule));
const filled = z.string().check(z.minLength(1));
const count = z.int().check(z.gte(0));
const share = z.number().check(z.gte(0));
const fraction = z.number().check(z.gte(0), z.lte(1));

const sha256 = text(SHA256, 'must be 64 lower-case hexadecimal digits');

/** A path inside the package: relative, with forward slashes, and without leaving the package. */
const packagePath = text(
  /^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\\\0]+$/,
  'must be a relative path inside the package, without `.` or `..`',
);

/** A pinned package. Installers read these lines, so no other syntax of requirements files is allowed. */
const REQUIREMENT = /^[a-z0-9]+(-[a-z0-9]+)*==[0-9]+(\.[0-9]+)*[A-Za-z0-9.!+]*$/;

/**
 * Packages that a format may require if loading it runs no code from the file. Users did not have to confirm trust for
 * these formats.
 */
export const FRAMEWORKS =
  /^(numpy|pandas|scikit-learn|skops|tensorflow(-cpu)?|torch|lightgbm|xgboost(-cpu)?|catboost)==/;

const tensorSpec = z.strictObject({
  name: filled,
  datatype: z.enum(DATATYPES),
  shape: z.array(z.int().check(z.gte(-1))),
  unknownRank: z.optional(z.boolean()),
  labels: z.optional(z.array(z.string())),
  categories: z.optional(z.array(z.string())),
  unused: z.optional(z.boolean()),
});

const tensorSpecs = z.array(tensorSpec).check(z.minLength(1));

/** Methods that turn the vectors of a text's tokens into one vector. */
const POOLINGS = ['cls', 'mean', 'max', 'last_token', 'splade'] as const;

/** Method that turns the vectors of a text's tokens into one vector. */
export type Pooling = (typeof POOLINGS)[number];

const SIDES = ['left', 'right'] as const;

/** Side of a text where tokens are removed or added. */
export type Side = (typeof SIDES)[number];

const tokenizer = z.strictObject({
  file: packagePath,
  maxTokens: z.int().check(z.gte(1)),
  truncationSide: z.enum(SIDES),
  padding: z.strictObject({ id: count, typeId: count, side: z.enum(SIDES) }),
});

const embed = z.strictObject({
  type: z.literal('embed'),
  tokenizer,
  output: filled,
  pooling: z.optional(z.enum(POOLINGS)),
  normalize: z.boolean(),
  prompts: z.optional(z.record(filled, z.string())),
  defaultPrompt: z.optional(filled),
});

const rerank = z.strictObject({
  type: z.literal('rerank'),
  tokenizer,
  output: filled,
  activation: z.enum(['none', 'sigmoid']),
});

const textClassification = z.strictObject({
  type: z.literal('text_classification'),
  tokenizer,
  output: filled,
  activation: z.enum(['none', 'sigmoid', 'softmax']),
});

/** Ways to join tokens to entities, as the pipelines of Transformers name them. */
export const AGGREGATIONS = ['none', 'simple', 'first', 'average', 'max'] as const;

/** Way to join tokens to entities. */
export type Aggregation = (typeof AGGREGATIONS)[number];

const tokenClassification = z.strictObject({
  type: z.literal('token_classification'),
  tokenizer,
  output: filled,
  aggregation: z.enum(AGGREGATIONS),
});

const zeroShotClassification = z.strictObject({
  type: z.literal('zero_shot_classification'),
  tokenizer,
  output: filled,
  entailment: count,
  hypothesisTemplate: text(/\{\}/, 'must contain `{}`, which stands for the label'),
});

const questionAnswering = z.strictObject({
  type: z.literal('question_answering'),
  tokenizer,
  output: filled,
  endOutput: filled,
  stride: count,
  maxAnswerTokens: z.int().check(z.gte(1)),
});

const fillMask = z.strictObject({
  type: z.literal('fill_mask'),
  tokenizer,
  output: filled,
  mask: count,
  topK: z.int().check(z.gte(1)),
});

/** Filters that compute the pixels of a resized picture, as Pillow defines them. */
export const RESIZE_FILTERS = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const;

/** Filter that computes the pixels of a resized picture, as Pillow defines it. */
export type ResizeFilter = (typeof RESIZE_FILTERS)[number];

/** Filter of a step: one of Pillow's, or `INTER_LINEAR` of OpenCV. */
export type StepFilter = ResizeFilter | 'opencv_linear';

/** Maximum length of a side after a step, in pixels. It bounds the memory of one picture. */
const MAX_SIDE = 8192;

const side = z.int().check(z.gte(1), z.lte(MAX_SIDE));
const channels = z.array(z.number()).check(z.minLength(1), z.maxLength(3));
const filter = z.enum([...RESIZE_FILTERS, 'opencv_linear']);
const resize = z.literal('resize');

const imageStep = z.union(
  [
    z.strictObject({ type: z.literal('orient') }),
    z.strictObject({ type: z.literal('convert'), mode: z.enum(['RGB', 'BGR', 'L']) }),
    z.strictObject({ type: resize, height: side, width: side, filter }),
    z.strictObject({
      type: resize,
      shortestEdge: side,
      longestEdge: z.optional(side),
      multipleOf: z.optional(side),
      filter,
    }),
    z.strictObject({ type: resize, maxHeight: side, maxWidth: side, filter }),
    z.strictObject({ type: resize, multipleOf: side, minEdge: z.optional(side), maxEdge: z.optional(side), filter }),
    z.strictObject({
      type: z.literal('center_crop'),
      height: side,
      width: side,
      rounding: z.enum(['floor', 'half_even']),
    }),
    z.strictObject({
      type: z.literal('pad'),
      height: side,
      width: side,
      value: z.int().check(z.gte(0), z.lte(255)),
      position: z.enum(['center', 'top_left']),
    }),
    z.strictObject({
      type: z.literal('pad'),
      minHeight: side,
      maxAspectRatio: z.number().check(z.gt(0)),
      value: z.int().check(z.gte(0), z.lte(255)),
    }),
    z.strictObject({ type: z.literal('rescale'), factor: z.number(), offset: z.optional(z.number()) }),
    z.strictObject({ type: z.literal('normalize'), mean: channels, std: channels }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union'
        ? 'must be orient, convert, resize, center_crop, pad, rescale or normalize, with the fields of that step'
        : undefined,
  },
);

const imageInput = {
  preprocessing: z.array(imageStep),
  layout: z.enum(['NCHW', 'NHWC']),
};

const imageClassification = z.strictObject({
  type: z.literal('image_classification'),
  ...imageInput,
  output: filled,
  activation: z.enum(['none', 'sigmoid', 'softmax']),
});

const imageEmbedding = z.strictObject({
  type: z.literal('image_embedding'),
  ...imageInput,
  output: filled,
  pooling: z.optional(z.enum(POOLINGS)),
  normalize: z.boolean(),
});

const objectDetection = z.strictObject({
  type: z.literal('object_detection'),
  ...imageInput,
  output: filled,
  activation: z.enum(['none', 'sigmoid', 'softmax']),
  background: z.optional(count),
  boxes: z.strictObject({
    output: filled,
    format: z.enum(['center', 'corners']),
    unit: z.enum(['fraction', 'pixel']),
  }),
  threshold: fraction,
  suppression: z.optional(z.strictObject({ overlap: fraction, perClass: z.boolean() })),
});

const imageSegmentation = z.strictObject({
  type: z.literal('image_segmentation'),
  ...imageInput,
  output: filled,
  masks: z.enum(['png', 'polygons']),
});

const positive = z.int().check(z.gte(1));

const lineInput = {
  model: packagePath,
  preprocessing: z.array(imageStep),
  height: side,
  output: filled,
  batchSize: positive,
};

const readText = z.strictObject({
  type: z.literal('read_text'),
  page: z.array(imageStep),
  ...imageInput,
  output: filled,
  lines: z.strictObject({
    pixelThreshold: fraction,
    threshold: fraction,
    dilate: z.boolean(),
    expansion: share,
    maxCandidates: positive,
  }),
  direction: z.optional(z.strictObject({ ...lineInput, width: side, threshold: fraction })),
  recognition: z.strictObject({ ...lineInput, minWidth: side, maxWidth: side, characters: packagePath }),
  threshold: fraction,
});

const TASKS = [
  embed,
  rerank,
  textClassification,
  tokenClassification,
  zeroShotClassification,
  questionAnswering,
  fillMask,
  imageClassification,
  imageEmbedding,
  objectDetection,
  imageSegmentation,
  readText,
  z.strictObject({ type: z.literal('recommend') }),
] as const;

const task = z.discriminatedUnion('type', TASKS, {
  error: ({ code }) =>
    code === 'invalid_union'
      ? `must be one of ${TASKS.map(({ shape }) => shape.type.def.values[0]).join(', ')}`
      : undefined,
});

const handler = z.strictObject({
  kind: z.enum(HANDLER_KINDS),
  module: text(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/, 'must be the name of a Python module'),
  entry: z.optional(text(/^[A-Za-z_]\w*$/, 'must be the name of a class or function')),
  maxRequests: z.optional(z.int().check(z.gte(1))),
  model: z.optional(z.strictObject({ path: packagePath, format: z.enum(MODEL_FORMATS) })),
});

/**
 * Version of the manifest's schema. A change that earlier versions of Modelship cannot read raises it. The manifest then
 * also has `minimumVersion`, the first version of Modelship that reads it.
 */
export const SCHEMA_VERSION = 1;

const manifestObject = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  name: text(
    /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
    'must start with a letter and hold at most 63 letters, digits, `_` and `-`',
  ),
  version: text(VERSION, 'must be a whole number of at most 18 digits'),
  format: z.enum(MODEL_FORMATS),
  artifact: packagePath,
  inputs: tensorSpecs,
  outputs: tensorSpecs,
  signatures: z.optional(z.record(filled, z.strictObject({ inputs: tensorSpecs, outputs: tensorSpecs }))),
  task: z.optional(task),
  handler: z.optional(handler),
  samples: z.strictObject({
    count,
    tolerance: z.strictObject({ absolute: share, relative: share }),
    madeUp: z.optional(z.literal(true)),
  }),
  background: z.optional(z.strictObject({ rows: z.int().check(z.gte(1)) })),
  reference: z.optional(z.strictObject({ rows: positive, labelled: z.optional(positive) })),
  code: z.optional(packagePath),
  origin: z.optional(z.enum(ORIGINS)),
  requirements: z.optional(
    z.array(text(REQUIREMENT, 'must be `name==version`, without options, URLs, extras or markers')),
  ),
  files: z.array(z.strictObject({ path: packagePath, size: count, sha256 })).check(z.minLength(1)),
  digest: text(DIGEST, 'must be `sha256:` and 64 lower-case hexadecimal digits'),
});

const calibration = z.strictObject({
  min: z.number(),
  max: z.number(),
  knots: z.array(z.number()).check(z.minLength(1)),
  shares: z.array(share),
  rows: z.array(positive),
});

const referenceColumn = { input: filled, index: count, name: filled, missing: count };

/** An input or output of a model. */
export interface ManifestTensor {
  name: string;
  datatype: Datatype;
  shape: number[];
  /** Whether tensors may have any number of dimensions, so that `shape` is empty. */
  unknownRank?: boolean | undefined;
  labels?: string[] | undefined;
  /** Strings that the model was fitted with, for an input of categories. */
  categories?: string[] | undefined;
  /** Whether the model ignores the input, so that requests may omit it. */
  unused?: boolean | undefined;
}

/** How texts become the token ids that a model takes. The truncation and padding in the file itself are not used. */
export interface TextTokenizer {
  /** Path of `tokenizer.json` in the package. */
  file: string;
  /** Maximum number of tokens of a request's text or pair of texts, including special tokens. */
  maxTokens: number;
  /** Side from which tokens of longer texts are removed. */
  truncationSide: Side;
  /** Token that fills texts up to the longest one that runs with them. */
  padding: { id: number; typeId: number; side: Side };
}

/** Turns each text into a vector. */
export interface EmbedTask {
  type: 'embed';
  tokenizer: TextTokenizer;
  /** Output of the model that holds the vectors. */
  output: string;
  /** How the vectors of a text's tokens become one vector. Absent if the output holds one vector for each text. */
  pooling?: Pooling | undefined;
  /** Whether vectors are scaled to the length 1. */
  normalize: boolean;
  /** Texts that are put before a request's text, by the name that requests use. */
  prompts?: Record<string, string> | undefined;
  /** Name of the prompt for requests that name none. Absent if those have no prompt. */
  defaultPrompt?: string | undefined;
}

/** Scores how well texts match a query. */
export interface RerankTask {
  type: 'rerank';
  tokenizer: TextTokenizer;
  /** Output of the model that holds the logit of each pair. */
  output: string;
  /** Function that turns a logit into a score. */
  activation: 'none' | 'sigmoid';
}

/** Scores each class for each text. */
export interface TextClassificationTask {
  type: 'text_classification';
  tokenizer: TextTokenizer;
  /** Output of the model that holds the logits of the classes. Its labels name the classes. */
  output: string;
  /** Function that turns logits into scores. A text may belong to several classes with `sigmoid`. */
  activation: 'none' | 'sigmoid' | 'softmax';
}

/** Finds the parts of a text that belong to classes, such as names of persons. */
export interface TokenClassificationTask {
  type: 'token_classification';
  tokenizer: TextTokenizer;
  /** Output of the model that holds the logits of each token's classes. Its labels name the classes. */
  output: string;
  /** How requests that do not choose get tokens joined to entities. */
  aggregation: Aggregation;
}

/** Scores how well labels, which each request brings, fit each text. */
export interface ZeroShotClassificationTask {
  type: 'zero_shot_classification';
  tokenizer: TextTokenizer;
  /** Output of the model that holds the logits of a text and a hypothesis. */
  output: string;
  /** Index of the class `entailment` in the output. */
  entailment: number;
  /** Hypothesis about a text, in which `{}` stands for the label. */
  hypothesisTemplate: string;
}

/** Finds the part of a context that answers a question. */
export interface QuestionAnsweringTask {
  type: 'question_answering';
  tokenizer: TextTokenizer;
  /** Output of the model that holds the logits of each token to be the first of the answer. */
  output: string;
  /** Output of the model that holds the logits of each token to be the last of the answer. */
  endOutput: string;
  /** Number of tokens that two neighbouring parts of a long context share. */
  stride: number;
  /** Maximum number of tokens of an answer. */
  maxAnswerTokens: number;
}

/** Suggests tokens for the mask in each text. */
export interface FillMaskTask {
  type: 'fill_mask';
  tokenizer: TextTokenizer;
  /** Output of the model that holds the logits of the vocabulary for each token. */
  output: string;
  /** Token that stands for the mask. */
  mask: number;
  /** Number of suggestions for each text. */
  topK: number;
}

/** Step between the decoded picture and the tensor that a model takes. */
export type ImageStep =
  /** Rotates and mirrors the picture by the orientation in its EXIF data. */
  | { type: 'orient' }
  /** Converts to colours, to colours in the reverse order, or to grey. Alpha is dropped. */
  | { type: 'convert'; mode: 'RGB' | 'BGR' | 'L' }
  /** Resizes to exactly these pixels. */
  | { type: 'resize'; height: number; width: number; filter: StepFilter }
  /**
   * Resizes so that the shorter side gets a length, and the longer side stays within its limit. Both are rounded down to a
   * multiple.
   */
  | {
      type: 'resize';
      shortestEdge: number;
      longestEdge?: number | undefined;
      multipleOf?: number | undefined;
      filter: StepFilter;
    }
  /** Resizes so that one side gets its maximum, and the other stays within its own. */
  | { type: 'resize'; maxHeight: number; maxWidth: number; filter: StepFilter }
  /**
   * Resizes so that both sides are multiples of a number: the nearest ones of the sides scaled. With `minEdge` or `maxEdge`
   * only pictures with a shorter or a longer side are resized, so that this side gets the length.
   */
  | {
      type: 'resize';
      multipleOf: number;
      minEdge?: number | undefined;
      maxEdge?: number | undefined;
      filter: StepFilter;
    }
  /**
   * Cuts out the middle. A smaller picture is filled up with zeros. `floor` rounds the position of an odd margin as
   * Transformers does, `half_even` as torchvision does.
   */
  | { type: 'center_crop'; height: number; width: number; rounding: 'floor' | 'half_even' }
  /** Fills the picture up to a size. A larger picture stays as it is. `value` is from 0 to 255. */
  | { type: 'pad'; height: number; width: number; value: number; position: 'center' | 'top_left' }
  /**
   * Adds as many rows above as below a picture that is at most as high as `minHeight` or wider than `maxAspectRatio` times its
   * height. Its height becomes about twice the least that has neither fault.
   */
  | { type: 'pad'; minHeight: number; maxAspectRatio: number; value: number }
  /** Multiplies values by a factor and adds an offset. */
  | { type: 'rescale'; factor: number; offset?: number | undefined }
  /** Subtracts the mean of each channel, then divides by its standard deviation. */
  | { type: 'normalize'; mean: number[]; std: number[] };

/** How a picture becomes the tensor that a model takes. */
export interface ImageInput {
  /** Steps in their order. `rescale` and `normalize` come last, because the others compute with bytes. */
  preprocessing: ImageStep[];
  /** Order of the tensor's axes: rows, channels, height and width. */
  layout: 'NCHW' | 'NHWC';
}

/** Scores each class for each picture. */
export interface ImageClassificationTask extends ImageInput {
  type: 'image_classification';
  /** Output of the model that holds the logits of the classes. Its labels name the classes. */
  output: string;
  /** Function that turns logits into scores. A picture may belong to several classes with `sigmoid`. */
  activation: 'none' | 'sigmoid' | 'softmax';
}

/** Turns each picture into a vector. */
export interface ImageEmbeddingTask extends ImageInput {
  type: 'image_embedding';
  /** Output of the model that holds the vectors. */
  output: string;
  /** How the vectors of a picture's patches become one vector. Absent if the output holds one vector for each picture. */
  pooling?: Pooling | undefined;
  /** Whether vectors are scaled to the length 1. */
  normalize: boolean;
}

/** Finds objects in each picture. */
export interface ObjectDetectionTask extends ImageInput {
  type: 'object_detection';
  /** Output of the model that holds the logits of each box's classes. Its labels name the classes. */
  output: string;
  /** Function that turns logits into scores. A box may be reported for several classes with `sigmoid`. */
  activation: 'none' | 'sigmoid' | 'softmax';
  /** Index of the class that means that a box holds no object. Absent if there is no such class. */
  background?: number | undefined;
  boxes: {
    /** Output of the model that holds the boxes. */
    output: string;
    /** Whether a box has its center, width and height, or its left, top, right and bottom. */
    format: 'center' | 'corners';
    /** Whether positions are fractions or pixels of the picture after preprocessing. */
    unit: 'fraction' | 'pixel';
  };
  /** Score above which a box is reported. */
  threshold: number;
  /**
   * Removal of boxes that overlap a box with a higher score, as a share of the area that both cover. Absent if the model
   * reports each object once.
   */
  suppression?: { overlap: number; perClass: boolean } | undefined;
}

/** Assigns a class to each pixel of each picture. */
export interface ImageSegmentationTask extends ImageInput {
  type: 'image_segmentation';
  /** Output of the model that holds the logits of the classes, for each cell of a grid. Its labels name the classes. */
  output: string;
  /** Form of the pixels of a class: a PNG as base64, in which they are white, or polygons around them. */
  masks: 'png' | 'polygons';
}

/** How lines cut out of a picture become the tensor of a further model, whose signature has the name of the field. */
export interface LineInput {
  /** Path of the model in the package, in the format of the artifact. */
  model: string;
  /** Steps `rescale` and `normalize`. */
  preprocessing: ImageStep[];
  /** Height that lines are resized to. Their width keeps the aspect ratio, and is filled up with zeros. */
  height: number;
  /** Output of the model. */
  output: string;
  /** Maximum number of lines that run together. */
  batchSize: number;
}

/** Reads the text in each picture, by a model that finds lines, one that recognizes their characters, and one for their direction. */
export interface ReadTextTask extends ImageInput {
  type: 'read_text';
  /** Steps before those in `preprocessing`, which are for the artifact alone. Lines are cut out of their result. */
  page: ImageStep[];
  /** Output of the artifact that holds the probability of each pixel to belong to a line. */
  output: string;
  /** How lines are found in these probabilities. */
  lines: {
    /** Probability above which a pixel belongs to a line. */
    pixelThreshold: number;
    /** Mean probability of the pixels of a line below which it is left out. */
    threshold: number;
    /** Whether areas grow by one pixel to the right and downwards, which joins parts that nearly touch. */
    dilate: boolean;
    /** Growth of a line on all sides, as a multiple of its area divided by its perimeter. */
    expansion: number;
    /** Maximum number of areas that are tested. */
    maxCandidates: number;
  };
  /**
   * Model with the scores of two classes: a line is upright, or upside down. `threshold` is the score above which a line is
   * turned, and `width` that of its tensor. Absent if all lines count as upright.
   */
  direction?: (LineInput & { width: number; threshold: number }) | undefined;
  /**
   * Model with the scores of the characters for each column. Class 0 stands for no character, and `characters` is the path of
   * a JSON list with those of the other classes. Tensors are at least `minWidth` and at most `maxWidth` wide.
   */
  recognition: LineInput & { minWidth: number; maxWidth: number; characters: string };
  /** Mean score of the characters of a line below which it is left out. */
  threshold: number;
}

/** Task of a model that takes pictures. */
export type ImageTask =
  | ImageClassificationTask
  | ImageEmbeddingTask
  | ObjectDetectionTask
  | ImageSegmentationTask
  | ReadTextTask;

/** Task of a model that takes texts. */
export type TextTask =
  | EmbedTask
  | RerankTask
  | TextClassificationTask
  | TokenClassificationTask
  | ZeroShotClassificationTask
  | QuestionAnsweringTask
  | FillMaskTask;

/** Recommends the items with the highest scores for a user, a session, an item or a vector, from arrays of NumPy. */
export interface RecommendTask {
  type: 'recommend';
}

/** What a model does with texts, pictures or queries, and the steps before and after it. */
export type Task = TextTask | ImageTask | RecommendTask;

/** Python code that answers requests. The artifact is the folder with its modules and files. */
export interface Handler {
  /** Interface that the code implements. */
  kind: HandlerKind;
  /** Module in this folder, or in an installed package. */
  module: string;
  /** Class or function in the module. Absent if the interface finds it by itself. */
  entry?: string | undefined;
  /** Maximum number of requests that the code answers together. Absent for one at a time. */
  maxRequests?: number | undefined;
  /** Model that is loaded for the code, whose signature is `tensors`. Absent if the code loads its model itself. */
  model?: { path: string; format: ModelFormat } | undefined;
}

/** Contents of `model.json` in a model package. */
export interface Manifest {
  schemaVersion: typeof SCHEMA_VERSION;
  name: string;
  version: string;
  format: ModelFormat;
  artifact: string;
  inputs: ManifestTensor[];
  outputs: ManifestTensor[];
  /** Signatures in addition to the default one, which `inputs` and `outputs` describe. */
  signatures?: Record<string, { inputs: ManifestTensor[]; outputs: ManifestTensor[] }> | undefined;
  /**
   * Task of a model that takes texts, pictures or queries. `inputs` and `outputs` are then those of the task, and the signature
   * `tensors` has the model's own, unless the task is `recommend`.
   */
  task?: Task | undefined;
  /** Code that answers requests, for the format `handler`. */
  handler?: Handler | undefined;
  samples: {
    count: number;
    tolerance: { absolute: number; relative: number };
    /**
     * Whether the requests were made up from the signature. A replica that gets other responses logs a warning, and serves
     * the model.
     *
     * @default - they are from a user, and every replica must get the same responses
     */
    madeUp?: true | undefined;
  };
  /** Number of rows in `background.json`, which stand for absent features in explanations. Absent without that file. */
  background?: { rows: number } | undefined;
  /**
   * Number of rows that `reference.json` was computed from, and of those with a label if it says what the scores of a classifier mean.
   * Absent without that file.
   */
  reference?: { rows: number; labelled?: number | undefined } | undefined;
  /** Folder of the Python modules that the pickle imports. */
  code?: string | undefined;
  /** Tool that saved the model before it was packed, whose own server the responses follow. */
  origin?: ModelOrigin | undefined;
  requirements?: string[] | undefined;
  files: { path: string; size: number; sha256: string }[];
  digest: string;
}

/** A file of a model package. `size` is in bytes. */
export type PackageFile = Manifest['files'][number];

/** A schema without zod's types, which users with `moduleResolution: node10` cannot resolve. */
export interface Schema<Value> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: Value }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/** Schema of `model.json`. */
export const manifestSchema: Schema<Manifest> = manifestObject;

/** Schema of `reference.json`. */
export const referenceSchema: Schema<Reference> = z.strictObject({
  rows: positive,
  embedding: z.optional(
    z.strictObject({ output: filled, mean: z.array(z.number()).check(z.minLength(1)), variance: share }),
  ),
  performance: z.optional(
    z.strictObject({
      output: filled,
      rows: positive,
      measures: z.strictObject({ accuracy: share, f1_macro: share }),
      classes: z
        .array(z.strictObject({ predicted: z.optional(calibration), other: z.optional(calibration) }))
        .check(z.minLength(2)),
    }),
  ),
  columns: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        ...referenceColumn,
        kind: z.literal('number'),
        min: z.number(),
        max: z.number(),
        deviation: share,
        edges: z.array(z.number()),
        coarse: z.array(count),
        counts: z.array(count),
        sums: z.array(z.number()),
      }),
      z.strictObject({
        ...referenceColumn,
        kind: z.literal('category'),
        values: z.array(z.string()),
        counts: z.array(count),
      }),
    ]),
  ),
});

/** Schema of the identity that a model is served under. */
export const identitySchema: Schema<Pick<Manifest, 'name' | 'version'>> = z.pick(manifestObject, {
  name: true,
  version: true,
});
